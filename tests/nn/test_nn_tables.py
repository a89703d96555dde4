"""from_csv, DataFrames, names of classes, and missing values: what comes out, and what is refused where."""

import io
import math
from functools import partial

import pytest

import nn
from autograd.errors import ArgumentError
from nn.data import Dataset, class_weights, from_csv
from nn.errors import DataFileError

FLOWERS = """length, width, species
5.1, 3.5, setosa
6.2, 2.9, virginica

4.9, 3.0, setosa
"""


def test_a_file_with_names_of_classes(tmp_path):
    path = tmp_path / "flowers.csv"
    path.write_text("\ufeff" + FLOWERS, encoding="utf-8")
    for file in (path, str(path), io.StringIO(FLOWERS), FLOWERS.splitlines()):
        data = from_csv(file, "species")
        assert data.inputs == [[5.1, 3.5], [6.2, 2.9], [4.9, 3.0]]
        assert data.targets == [0, 1, 0]
        assert (data.features, data.classes) == (["length", "width"], ["setosa", "virginica"])
    assert from_csv(path).name == "flowers"
    assert from_csv(path, "length", ["width"])[1] == ([2.9], 6.2)
    assert from_csv(path, -1, [1]).features == ["width"]
    assert from_csv(path, classes=["virginica", "setosa"]).targets == [1, 0, 1]


def test_columns_of_numbers():
    lines = ["1;0.5;3", "2;-1e3;4", "3;.25;5"]
    data = from_csv(lines, header=False, delimiter=";")
    assert data.inputs == [[1.0, 0.5], [2.0, -1000.0], [3.0, 0.25]]
    assert data.targets == [3, 4, 5]
    assert all(type(target) is int for target in data.targets)
    assert data.features == ["column 0", "column 1"]
    assert from_csv(lines, 1, header=False, delimiter=";").targets == [0.5, -1000.0, 0.25]
    assert from_csv(lines, [2, 0], header=False, delimiter=";")[2] == ([0.25], [5.0, 3.0])
    assert from_csv(["a,b", '1,"x, y"', "2,z"]).classes == ["x, y", "z"]


@pytest.mark.parametrize(
    ("lines", "settings", "message"),
    [
        (
            ["a,b,c", "1,2,x", "3,,y"],
            {},
            "from_csv: line 3, column \"b\": the value is missing, got ''. Leave the line",
        ),
        (["a,b,c", "1,NA,x"], {}, "line 2, column \"b\": the value is missing, got 'NA'"),
        (["a,b", "1,x", "2,"], {}, 'line 3, column "b": the value is missing'),
        (["a,b", "1,3", "2,?"], {}, 'line 3, column "b": the value is missing'),
        (["a,b", "red,3"], {}, "line 2, column \"a\": expected a finite number, got 'red'. Leave the column out"),
        (["a;b", "1,5;3"], {"delimiter": ";"}, "got '1,5'. Write a decimal point, not a comma"),
        (["a,b", "inf,3"], {}, "expected a finite number, got 'inf'"),
        (["a,b", "1,3", "2,many"], {}, "line 3, column \"b\": expected a finite number, got 'many'"),
        (["a,b", "1,2,3"], {}, "line 2 has 3 columns, and the first line has 2. Is a ','"),
        (["a;b", "1;2"], {}, "there is no ',' in the first line. Pass delimiter=';'"),
        (["1,2", "3,4"], {}, "the first line has numbers, not names. Pass header=False"),
        (["a,b,a", "1,2,3"], {}, 'two columns are called "a"'),
        (["a,b"], {}, "there are no examples below the header"),
        ([], {}, "from_csv: there are no examples"),
        (
            ["length,width", "1,2"],
            {"target": "lenght"},
            "no column 'lenght'. The columns are .* Did you mean \"length\"",
        ),
        (["a,b", "1,2"], {"target": 2}, "there is no column 2"),
        (["a,b", "1,2"], {"inputs": ["b"]}, 'column "b" is target and input'),
        (["a", "1"], {}, "there is no column for the inputs"),
        (
            ["a,b", "1,x", "2,y"],
            {"classes": ["x", "z"]},
            "the target of row 1 is 'y', which is not among the classes x, z",
        ),
        ([["a"]], {}, "from_csv: is not a table in text"),
        (["a,b", "1,x", "2,NA"], {}, "line 3, column \"b\": the value is missing, got 'NA'"),
        (["a,b", "1,x", "2,null"], {}, "line 3, column \"b\": the value is missing, got 'null'"),
        (["5.1,3.5,setosa", "6.2,2.9,virginica"], {}, "first line looks like an example, with 5.1 among the names"),
        (["5,3,setosa", "6,2,virginica"], {}, "looks like an example, with 5 among .* Pass header=False, or rename"),
        (["a,b", "1,7", "2,3"], {"classes": ["3", "8"]}, "the target of row 0 is '7', which is not among the classes"),
    ],
)
def test_what_is_wrong_in_a_file_and_where(lines, settings, message):
    with pytest.raises(ArgumentError, match=message.replace("?", r"\?")):
        from_csv(lines, **settings)


def test_numbers_can_be_names():
    """Of columns, as pandas writes them; and of classes, if `classes` says so."""
    assert from_csv(["0,1,2,kind", "5,6,7,x", "8,9,9,y"]).features == ["0", "1", "2"]
    assert from_csv(["year,2019,2020", "1,2,3"]).features == ["year", "2019"]
    assert from_csv(["a,b", "1,1", "2,0"], classes=["1", "0"]).targets == [0, 1]
    assert from_csv(["a,b", "1,1", "2,0"], classes=["no", "yes"]).targets == [1, 0]
    assert from_csv(["a,b", "1,none", "2,NA"], classes=["none", "NA"]).targets == [0, 1]
    assert from_csv(["a,b", "1,none", "2,mild"]).classes == ["mild", "none"]


def test_a_mark_before_the_first_line_is_no_part_of_a_name(tmp_path):
    assert from_csv(["\ufeffa,b", "1,x"]).features == ["a"]
    assert from_csv(['\ufeff"a",b', "1,x"], "b", ["a"]).features == ["a"]
    path = tmp_path / "marked.csv"
    path.write_text("a,b\r\n1,x\r\n", encoding="utf-8-sig")
    with open(path, encoding="utf-8") as file:
        assert from_csv(file).features == ["a"]


def test_a_file_in_another_encoding(tmp_path):
    (tmp_path / "data.csv").write_bytes("größe,art\n1,a\n2,b\n".encode("latin-1"))
    with pytest.raises(ArgumentError, match=r'data.csv: .* Pass its encoding, such as encoding="latin-1"'):
        from_csv(tmp_path / "data.csv")
    assert from_csv(tmp_path / "data.csv", encoding="latin-1").features == ["größe"]
    for path, settings in ((tmp_path / "none.csv", {}), (tmp_path / "data.csv", {"encoding": "klingon"})):
        with pytest.raises(DataFileError, match=r"\w+\.csv: cannot be read \(.*(No such file|unknown encoding)"):
            from_csv(path, **settings)
    assert issubclass(DataFileError, OSError)


class Table:
    """What this package uses of a DataFrame."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return iter(self.columns)

    def to_numpy(self):
        numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
        return numpy.array(self.rows)


def check_tables(table, labels):
    model = nn.MLP(2, [4, 2], "tanh", seed=0)
    data = Dataset(table, labels)
    assert (data.inputs, data.features) == ([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]], ["a", "b"])
    assert (data.targets, data.classes) == ([1, 0, 1], ["no", "yes"])
    history = nn.fit(model, nn.cross_entropy, (table, labels), epochs=2, seed=0, progress=False)
    assert "accuracy" in history.to_dict()
    assert nn.predict(model, table) == nn.predict(model, data.inputs)


def test_something_like_a_dataframe():
    check_tables(Table(["a", "b"], [[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]]), ["yes", "no", "yes"])


def test_a_dataframe():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pandas.DataFrame({"a": [1, 3, -1], "b": [2.0, 4.0, 0.5], "answer": ["yes", "no", "yes"]})
    for labels in (table["answer"], table["answer"].astype("category"), table["answer"].tolist()):
        check_tables(table[["a", "b"]], labels)
    model, data = nn.MLP(2, [1], seed=0), Dataset(table[["a", "b"]], table["b"])
    assert data.targets == [2.0, 4.0, 0.5]
    assert [model(row).data for _, row in table[["a", "b"]].iterrows()] == nn.predict(model, table[["a", "b"]])
    assert Dataset(list(table[["a", "b"]].itertuples(index=False)), [0, 1, 0]).inputs == data.inputs
    table.loc[2, "b"] = None
    with pytest.raises(ArgumentError, match=r'in row 2, column 1 \("b"\) of the inputs, counted from 0: got nan'):
        Dataset(table[["a", "b"]], table["a"])
    with pytest.raises(ArgumentError, match="in row 1 of the targets, counted from 0: got <NA>"):
        Dataset([[1.0], [2.0]], pandas.Series([1, None], dtype="Int64"))


@pytest.mark.parametrize("nothing", [None, math.nan, "", " "])
def test_missing_values_are_refused_with_row_and_column(nothing):
    with pytest.raises(ArgumentError, match=r'a value is missing in row 1, column 2 \("c"\) of the inputs'):
        Dataset([[1, 2, 3], [4, 5, nothing]], [0, 1], features=["a", "b", "c"])
    with pytest.raises(ArgumentError, match="a value is missing in row 1, column 1, place 0 of the inputs"):
        Dataset([[[1.0], [2.0]], [[3.0], [nothing]]], [0, 1])
    for targets in ([0, nothing], ["a", nothing]):
        with pytest.raises(ArgumentError, match="a value is missing in row 1 of the targets"):
            Dataset([[1.0], [2.0]], targets)
    with pytest.raises(ArgumentError, match="a value is missing in row 0, column 0 of the inputs"):
        nn.fit(nn.MLP(1, [1]), nn.mse_loss, [([nothing], 1.0)], progress=False)
    with pytest.raises(ArgumentError, match="a value is missing in row 0, column 0 of the inputs"):
        nn.predict(nn.MLP(1, [1]), [[nothing]])


def test_infinities_and_other_things_are_not_missing():
    assert len(Dataset([[math.inf, -math.inf], [1.0, 2.0]], [0, 1])) == 2
    assert Dataset([["a", "b"]], [0]).inputs == [["a", "b"]]


def test_names_of_classes_are_kept_wherever_the_data_go():
    data = Dataset([[float(k)] for k in range(8)], ["dog", "cat"] * 4)
    train, test = nn.data.standardize(*nn.data.split(data, seed=0))
    assert train.classes == test.classes == data[2:].classes == ["cat", "dog"]
    assert Dataset([[0.0]], ["dog"], classes=train.classes).targets == [1]
    with pytest.raises(ArgumentError, match=r"but that of row 1 is 3. Pass strings only, or numbers only"):
        Dataset([[0.0], [1.0]], ["a", 3])
    with pytest.raises(ArgumentError, match=r"the target of row 0 is 'dig', .* Did you mean .dog."):
        Dataset([[0.0]], ["dig"], classes=data.classes)


def test_validation_and_evaluation_use_the_numbers_of_training():
    inputs = [[1.0], [-1.0], [0.5]]
    model, settings = nn.MLP(1, [3], seed=0), {"epochs": 1, "seed": 0, "progress": False}
    history = nn.fit(model, nn.cross_entropy, (inputs, ["a", "b", "c"]), validation=([[0.5]], ["c"]), **settings)
    model = nn.MLP(1, [3], seed=0)
    assert (
        history["val_loss"]
        == nn.fit(model, nn.cross_entropy, (inputs, [0, 1, 2]), validation=([[0.5]], [2]), **settings)["val_loss"]
    )
    with pytest.raises(
        ArgumentError, match=r"the validation data have the classes c, the data a, b, c. Make the Dataset"
    ):
        nn.fit(model, nn.cross_entropy, (inputs, ["a", "b", "c"]), validation=Dataset([[0.5]], ["c"]), **settings)
    with pytest.raises(ArgumentError, match=r"evaluate: .* nn.data.Dataset\(inputs, targets, classes=train.classes\)"):
        nn.evaluate(model, nn.cross_entropy, ([[0.5]], ["c"]))
    assert "loss" in nn.evaluate(model, nn.cross_entropy, Dataset([[0.5]], ["c"], classes=["a", "b", "c"]))


def test_class_weights_make_classes_count_the_same():
    data = nn.data.moons(8, seed=0)
    rare = data[[0, 2, 4, 6, 1]]
    weights = class_weights(rare)
    assert weights == [5 / 8, 5 / 2]
    assert class_weights(([[0.0]] * 4, [-1, 1, 1, 1])) == [2.0, 2 / 3]
    model = nn.MLP(2, [2], seed=0)
    loss = partial(nn.cross_entropy, weight=weights)
    losses = [nn.cross_entropy(model(x), k).data for x, k in rare]
    expected = (sum(losses[:4]) / 4 + losses[4]) / 2  # the mean of the means of both classes
    assert nn.evaluate(model, loss, rare)["loss"] == pytest.approx(expected, rel=1e-14)
    history = nn.fit(model, loss, rare, epochs=1, batch_size=None, seed=0, progress=False)
    assert history["loss"] == [pytest.approx(expected, rel=1e-14)]
    assert "accuracy" in history.to_dict()
    with pytest.raises(ArgumentError, match=r'class_weights: there is no example of class 1 \("class 1"\)'):
        class_weights(data[::2])


def test_running_text():
    text = "abc abc ab"
    vocabulary = nn.data.Vocabulary.of_text(text)
    assert (vocabulary.characters, len(vocabulary), vocabulary.end) == ([" ", "a", "b", "c"], 4, None)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert vocabulary.encode("cab") == vocabulary.start("cab") == [3, 1, 2]
    examples = vocabulary.examples(text, context=4)
    assert [vocabulary.decode(x) for x in examples.inputs] == ["abc ", "abc "]
    assert [vocabulary.decode(y) for y in examples.targets] == ["bc a", "bc a"]
    assert len(vocabulary.examples(text, context=4, stride=1)) == 6
    model = nn.GPT(len(vocabulary), context=4, width=4, heads=1, seed=0)
    drawn = model.generate(vocabulary.start("ab"), end=vocabulary.end, length=30, seed=0)
    assert len(drawn) == 30
    assert 0 in drawn, "0 is a character like any other"
    words = nn.data.Vocabulary(["ab", "ba"])
    assert words.start("ab") == [0, 1, 2]
    assert words.encode("ab") == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: v.of_text(""), "Vocabulary.of_text: expected a text, got an empty one"),
        (lambda v: v.encode("xyz"), "Vocabulary: 'x' in 'xyz' is not among ' ab'"),
        (
            lambda v: v.examples("ab a", 4),
            "the text has 4 characters, too few for a context of 4 and the character after",
        ),
        (lambda v: v.examples("ab a"), "Vocabulary.examples: context must be a positive integer, got None"),
        (lambda v: v.examples("ab a", 2, 0), "Vocabulary.examples: stride must be a positive integer, got 0"),
        (lambda v: nn.GPT(3, 4, 4, 1).generate([]), "GPT.generate: start needs at least one token"),
    ],
)
def test_errors_of_running_text(call, message):
    with pytest.raises(ArgumentError, match=message):
        call(nn.data.Vocabulary.of_text("ab ab"))


def test_text_where_tokens_or_words_are_expected():
    vocabulary = nn.data.Vocabulary(["ab"])
    for call in (
        lambda: nn.data.Vocabulary.of_text(["ab"]),
        lambda: vocabulary.examples("ab"),
        lambda: nn.GPT(3, 4, 4, 1).generate("ab"),
    ):
        with pytest.raises(TypeError, match=r"expected a (str|list), got"):
            call()
