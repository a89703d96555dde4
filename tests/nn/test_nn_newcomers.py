"""Mistakes that newcomers make with networks, losses, data and training, and what they are told."""

import re

import pytest
from newcomers import check

import nn
from nn import elsewhere

NETWORKS = [
    ("nn.MLP(2, 3, 1)", ValueError, "nouts must be a list of layer sizes such as [16, 16, 1], got 3"),
    ("nn.MLP(2, 3)", ValueError, "nouts must be a list of layer sizes such as [16, 16, 1], got 3"),
    ("nn.MLP(2, [3, 0])", ValueError, "nout must be a positive integer, got 0"),
    ("nn.MLP('2', [3, 1])", ValueError, "nin must be a positive integer, got '2'"),
    ("nn.MLP(2, [3, 1], activation='Tanh')", ValueError, "expected linear, relu, … got 'Tanh'. Did you mean \"tanh\"?"),
    ("nn.MLP(2, [3, 1], activation=nn.Tanh)", ValueError, 'got the class Tanh. Write its name, "tanh", or nn.Tanh()'),
    ("nn.MLP(2, [3, 1], activation=math.tanh)([1.0, 2.0])", TypeError, "float(v) would … lose its gradient"),
    ("nn.MLP(2, hidden_sizes=[3, 1])", TypeError, "no argument 'hidden_sizes' … one list … nn.MLP(4, [16, 3])"),
    ("nn.MLP(2, [3, 1], random_state=0)", TypeError, "no argument 'random_state'. Write seed=0"),
    ("nn.MLP(2, [3, 1], activaton='tanh')", TypeError, "no argument 'activaton'. Did you mean \"activation\"?"),
    ("nn.MLP(2, [3, 1], 'tanh', 0)", TypeError, "at most 3 arguments without a name, got 4"),
    ("nn.Linear(2, out_features=3)", TypeError, "no argument 'out_features'. The number of neurons is called nout"),
    ("nn.Linear(2, 3, device='cpu')", TypeError, "Leave it out: every number is a float64"),
    ("nn.ReLU(Value(1.0))", TypeError, "A module is made first, and called with an example then: nn.ReLU()(x)"),
    ("nn.Sequential(nn.Linear(2, 3), nn.ReLU)([1.0, 2.0])", TypeError, "ReLU: … A module is made first"),
    ("nn.Sequential(nn.Linear(2, 3), autograd.relu)", ValueError, "part 1 is relu of one number. Write nn.relu"),
    ("nn.GRU(2, 3)", AttributeError, "Write nn.LSTM(input_size, hidden_size)"),
    ("nn.data.Vocabulary.of_text('hello').decode([4])", ValueError, "number of a character, from 0 to 3, got 4"),
    ("nn.data.Vocabulary(['hello']).decode([1, -100])", ValueError, "number of a character, from 1 to 4, got -100"),
    ("nn.Sequential(nn.Linear(2, 3), 'relu')", ValueError, "part 1 must be a module or a function, got 'relu'"),
    (
        "nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1))([1.0, 2.0])",
        ValueError,
        "Linear expects 4 inputs, got 3 at layer1",
    ),
    ("model([1.0])", ValueError, "expects 2 inputs, got 1 at layer0. Pass one example, a list of 2 numbers"),
    ("model([[1.0, 2.0], [3.0, 4.0]])", TypeError, "got list [1.0, 2.0] … for several write [model(x) for x in many]"),
    ("model(np.array([[1.0, 2.0]]))", ValueError, "Pass one example … for several write [model(x) for x in many]"),
    ("model('ab')", TypeError, "expected a real number, got str 'a' … Pass one example, a list of 2 numbers"),
    ("model(None)", TypeError, "expected a number or a list of numbers, got None. A function may lack its return"),
    ("model([1.0, None])", TypeError, "got NoneType None. A variable may not have been set"),
    ("model([1.0, float('nan')])", ValueError, "a Value must be finite, got nan"),
    ("model.layer", AttributeError, 'MLP has no attribute "layer". Did you mean "layers"?'),
    ("model.zero_grads()", AttributeError, 'Did you mean "zero_grad"?'),
    ("model.fit(inputs, targets)", AttributeError, 'no attribute "fit". Write nn.fit(model, nn.mse_loss, data)'),
    ("model.predict(inputs)", AttributeError, "nn.predict(model, inputs) for many"),
    ("model.to('cuda')", AttributeError, "Leave it out"),
    ("model.weight", AttributeError, "layer.neurons[0].w"),
    ("model.requires_grad = False", AttributeError, "m.requires_grad_(False), with an underscore at the end"),
    ("model.load_state_dict([1.0])", TypeError, "expected a dict of numbers by path, got list [1.0]. … nn.load(path)"),
    ("model.load_state_dict({})", ValueError, "of this MLP is missing from the state"),
    (
        "class Net(nn.Module):\n    def __init__(self):\n        self.fc = nn.Linear(2, 1)\nNet()([1.0, 2.0])",
        AttributeError,
        "Net has no forward. Define forward(self, x)",
    ),
    (
        "class Net(nn.Module):\n    def forward(self, x):\n        x[0] * 2\nnn.mse_loss(Net()([1.0]), 1.0)",
        TypeError,
        "got NoneType None … a function may lack its return",
    ),
    ("nn.Dropout(50)", ValueError, "p must be from 0 to less than 1, got 50"),
    ("nn.Embedding(5, 2)(7)", ValueError, "expected an integer from 0 to 4, got 7"),
    ("nn.summary(nn.MLP)", TypeError, "expected a Module, got the class MLP. Make one: MLP(…)"),
    ("nn.load(model)", TypeError, "load: expected a path, got MLP"),
    ("nn.save('model.safetensors', model)", TypeError, "save: expected a Module, got str 'model.safetensors'"),
    ("nn.load('there_is_none.safetensors')", OSError, "there_is_none.safetensors: cannot be read"),
]

LOSSES = [
    ("nn.CrossEntropyLoss()", AttributeError, "the function nn.cross_entropy here: loss = nn.cross_entropy(output"),
    ("from nn import MSELoss", ImportError, 'nn has no "MSELoss" to import … nn.mse_loss'),
    ("nn.functional.relu(1.0)", AttributeError, "Its functions are in nn itself"),
    ("nn.Parameter(1.0)", AttributeError, "A parameter is a Value"),
    ("nn.ModuleList([])", AttributeError, "A list of modules in an attribute holds modules"),
    ("nn.optim.adam", AttributeError, ""),
    (
        "nn.mse_loss([Value(1.0), Value(2.0)], [1.0])",
        ValueError,
        "as many targets as outputs, got 2 outputs and 1 targets",
    ),
    ("nn.mse_loss(Value(1.0), 'cat')", TypeError, "expected a real number, got str 'cat'"),
    ("nn.mse_loss(Value(1.0), None)", TypeError, "got NoneType None"),
    ("nn.mse_loss(Value(1.0), 1.0, 'avg')", ValueError, 'expected "mean", "sum" or "none", got \'avg\''),
    ("nn.mse_loss(model, data)", TypeError, "expected a real number, got MLP"),
    ("nn.cross_entropy(1, [Value(1.0), Value(2.0)])", ValueError, "expected a list with a score for each class, got 1"),
    ("nn.cross_entropy(Value(1.0), 0)", ValueError, "Give the last layer as many neurons as there are classes"),
    ("nn.cross_entropy([Value(1.0), 2.0], 2)", ValueError, "a class from 0 to 1, got 2. Number the classes from 0"),
    ("nn.cross_entropy([Value(1.0), 2.0], 'cat')", ValueError, "a class from 0 to 1, got 'cat'. Number the classes"),
    ("nn.cross_entropy([Value(1.0), 2.0], None)", ValueError, "a class from 0 to 1, got None"),
    ("nn.cross_entropy([Value(1.0), 2.0], 0.5)", ValueError, "a class from 0 to 1, got 0.5"),
    (
        "nn.cross_entropy([Value(1.0), 2.0, 0.5], [2, -1, 0])",
        ValueError,
        "the probability of each class, from 0 to 1, got [2",
    ),
    ("nn.nll_loss([Value(1.0), Value(2.0)], 1)", ValueError, "at most 0, got 2.0. Apply autograd.log_softmax"),
    ("nn.nll_loss(nn.softmax([Value(1.0), Value(2.0)]), 1)", ValueError, "or write nn.cross_entropy"),
    ("nn.hinge_loss(Value(1.0), 0)", ValueError, "the target must be -1 or 1, got 0. For 0 and 1 write 2 * t - 1"),
    ("nn.hinge_loss(1, Value(0.3))", ValueError, "the target must be -1 or 1, got 0.3 … The output comes first"),
    ("nn.binary_cross_entropy_with_logits(Value(0.3), -1)", ValueError, "the target must be from 0 to 1, got -1"),
    (
        "used = (p for p in model.parameters())\nnn.l2_penalty(used, 0.1) + nn.l2_penalty(used, 0.1)",
        ValueError,
        "l2_penalty: there are no parameters. A generator can be gone through once",
    ),
    ("nn.softmax(Value(1.0))", TypeError, "softmax: expected a list, got Value"),
    ("nn.accuracy(model, data)", TypeError, "expected outputs and targets, got MLP … nn.predict(model, inputs)"),
    ("nn.accuracy([0.3, 2.0], ['cat', 'dog'])", ValueError, "a class is an integer, got 'cat'"),
    ("nn.accuracy([], [])", ValueError, "and at least one, got 0 outputs and 0 targets"),
]

DATA = [
    ("nn.data.Dataset(inputs, targets[:1])", ValueError, "as many targets as inputs, got 2 inputs and 1 targets"),
    ("nn.data.Dataset('iris.csv', targets)", TypeError, "Dataset: expected a list, got str 'iris.csv'"),
    ("nn.data.split(data, 80)", ValueError, "a fraction of 80 of 2 examples leaves one part empty"),
    ("nn.data.one_hot(3, 3)", ValueError, "the class must be from 0 to 2, got 3"),
    ("nn.data.make_moons(100)", AttributeError, "Write nn.data.moons(100"),
    ("nn.data.mnist()", AttributeError, "Nothing is downloaded here"),
    ("from nn.data import train_test_split", ImportError, "nn.data.split(data)"),
    ("nn.data.moon()", AttributeError, 'Did you mean "moons"?'),
    ("nn.data.Vocabulary('abc')", TypeError, "Vocabulary: words: expected a list, got str 'abc'"),
    ("nn.predict(inputs, model)", TypeError, "predict: model: expected a function, got list"),
    ("nn.predict(model, [1.0, 2.0])", ValueError, "Pass one example, a list of 2 numbers"),
    ("nn.evaluate(model, data, nn.mse_loss)", TypeError, "evaluate: loss: … The order is model, loss, data"),
    (
        "nn.evaluate(model, nn.mse_loss, data, 'accuracy')",
        TypeError,
        "metric: expected a function … such as nn.accuracy",
    ),
]

OPTIMISERS = [
    ("nn.SGD(model, lr=0.1)", TypeError, "SGD: expected a list, got MLP … write model.parameters()"),
    ("nn.SGD(model.parameters, lr=0.1)", TypeError, "SGD: expected a list, got method … Call it, with ()"),
    ("nn.SGD(0.1, model.parameters())", TypeError, "SGD: expected a list, got float 0.1"),
    ("nn.SGD([], lr=0.1)", ValueError, "there are no parameters. Pass model.parameters()"),
    ("nn.SGD([1.0, 2.0], lr=0.1)", ValueError, "every parameter must be a Value, got 1.0"),
    (
        "nn.SGD([model([1.0, 2.0])], lr=0.1)",
        ValueError,
        "must be a leaf, but Value( … was computed. Pass model.parameters()",
    ),
    ("nn.SGD(model.parameters() * 2, lr=0.1)", ValueError, "a parameter occurs twice"),
    ("nn.SGD(model.parameters(), lr='0.1')", ValueError, "lr must be 0 or more, got '0.1'"),
    ("nn.SGD(model.parameters(), lr=-0.1)", ValueError, "lr must be 0 or more, got -0.1"),
    (
        "nn.SGD(model.parameters(), learning_rate=0.1)",
        TypeError,
        "no argument 'learning_rate'. The learning rate is lr",
    ),
    ("nn.Adam(model.parameters(), beta1=0.9)", TypeError, "no argument 'beta1'. Write betas=(0.9, 0.999)"),
    ("nn.Adam(model.parameters(), amsgrad=True)", TypeError, "There is no such variant here"),
    ("nn.Adam(model.parameters(), betas=0.9)", TypeError, "betas: expected a list, got float 0.9"),
    ("nn.SGD(model.parameters(), lr=0.1).learning_rate = 0.5", AttributeError, "The learning rate is optimizer.lr"),
    ("nn.SGD(model.parameters(), lr=0.1).minimize(1.0)", AttributeError, "loss.backward(), then optimizer.step()"),
    ("opt = nn.SGD(model.parameters())\nopt.lr = None\nopt.step()", ValueError, "SGD: lr must be 0 or more, got None"),
    ("nn.StepLR(nn.SGD, 10)", TypeError, "StepLR: expected an Optimizer, got the class SGD. Make one: SGD(…)"),
    ("nn.StepLR(nn.SGD(model.parameters()), 0.5)", ValueError, "step_size must be a positive integer, got 0.5"),
    ("for p in model.parameters():\n    p.data -= 0.1 * p", TypeError, "expected a plain number … Write v.data"),
    ("nn.clip_grad_norm_(model.parameters(), '1')", TypeError, "expected a real number, got str '1'"),
    (
        "used = (p for p in model.parameters())\nnn.clip_grad_norm_(used, 1.0), nn.clip_grad_norm_(used, 1.0)",
        ValueError,
        "there are no parameters. A generator can be gone through once: pass a list",
    ),
]

QUICKLY = "epochs=1, progress=False)"
TRAINING = [
    ("nn.fit(model, data, nn.mse_loss)", TypeError, "fit: loss: expected a function … The order is model, loss, data"),
    ("nn.fit(nn.mse_loss, model, data)", TypeError, "fit: model: expected a Module, got"),
    ("nn.fit(nn.MLP, nn.mse_loss, data)", TypeError, "expected a Module, got the class MLP. Make one: MLP(…)"),
    ("nn.fit(model, 'mse', data)", TypeError, "fit: loss: expected a function, got str 'mse'"),
    ("nn.fit(model, nn.mse_loss(Value(1.0), 1.0), data)", TypeError, "fit: loss: expected a function, got Value"),
    (
        "nn.fit(model, nn.mse_loss, inputs, targets)",
        TypeError,
        "Inputs and targets are one argument, (inputs, targets)",
    ),
    ("nn.fit(model, nn.mse_loss, (inputs, targets), 10)", TypeError, "the others have names, as in epochs=10"),
    ("nn.fit(model, nn.mse_loss, None)", ValueError, "data: expected a Dataset, a pair … got None"),
    (
        "nn.fit(model, nn.mse_loss, [])",
        ValueError,
        "data: expected a Dataset, a pair (inputs, targets) or a list of pairs",
    ),
    ("nn.fit(model, nn.mse_loss, zip(inputs, targets))", ValueError, "It can be gone through once: pass a list of it"),
    ("nn.fit(model, nn.mse_loss, data, lr=0.1)", TypeError, "no argument 'lr'. An optimiser has the learning rate"),
    ("nn.fit(model, nn.mse_loss, data, epoch=3)", TypeError, "no argument 'epoch'. Write epochs=100"),
    ("nn.fit(model, nn.mse_loss, data, verbose=0)", TypeError, "Write progress=False"),
    ("nn.fit(model, nn.mse_loss, data, shuffle=True)", TypeError, "Every epoch is shuffled; seed=0 makes the order"),
    (
        "nn.fit(model, nn.mse_loss, data, optimiser=1)",
        TypeError,
        "Write optimizer=nn.Adam(model.parameters(), lr=0.01)",
    ),
    (
        "nn.fit(model, nn.mse_loss, data, epochs='10')",
        ValueError,
        "fit: epochs must be a non-negative integer, got '10'",
    ),
    ("nn.fit(model, nn.mse_loss, data, batch_size=0)", ValueError, "batch_size must be a positive integer, got 0"),
    (
        "nn.fit(model, nn.mse_loss, data, optimizer=nn.Adam)",
        TypeError,
        "expected an Optimizer, got the class Adam. Make one",
    ),
    ("nn.fit(model, nn.mse_loss, data, optimizer='adam')", TypeError, "expected an Optimizer, got str 'adam'"),
    (
        "other = nn.MLP(2, [1])\nnn.fit(model, nn.mse_loss, data, optimizer=nn.SGD(other.parameters()))",
        ValueError,
        "the optimizer moves no parameter of this model. Make it with model.parameters()",
    ),
    ("nn.fit(model, nn.mse_loss, data, metric='accuracy')", ValueError, "got 'accuracy'. Write metric=nn.accuracy"),
    ("nn.fit(model, nn.mse_loss, data, schedule=nn.StepLR)", TypeError, "expected a Schedule, got the class StepLR"),
    ("nn.fit(model, nn.mse_loss, data, penalty=0.1)", TypeError, "penalty=lambda model: nn.l2_penalty(model, 1e-4)"),
    ("nn.fit(model, nn.mse_loss, data, penalty=nn.l2_penalty(model, 0.1))", TypeError, "penalty: expected a function"),
    ("nn.fit(model, nn.mse_loss, data, callbacks=print)", TypeError, "callbacks: expected a list, got builtin"),
    (
        "nn.fit(model, nn.mse_loss, data, validation=0.2)",
        ValueError,
        "validation is data, got 0.2. Write train, held_out",
    ),
    ("nn.fit(model, nn.mse_loss, data, checkpoint=model)", TypeError, "checkpoint: expected a Checkpoint, got MLP"),
    (
        f"nn.fit(model, nn.mse_loss, ([[0.0], [1.0]], targets), {QUICKLY}",
        ValueError,
        "expects 2 inputs, got 1 at layer0",
    ),
    (f"nn.fit(nn.MLP(2, [2]), nn.cross_entropy, (inputs, [1, 2]), {QUICKLY}", ValueError, "a class from 0 to 1, got 2"),
    (
        f"nn.fit(nn.MLP(2, [1]), nn.cross_entropy, (inputs, [0, 1]), {QUICKLY}",
        ValueError,
        "a score for each class, got",
    ),
    (f"nn.fit(nn.MLP(2, [2]), nn.mse_loss, data, {QUICKLY}", ValueError, "got 2 outputs and 1 targets"),
    (f"nn.fit(model, nn.hinge_loss, data, {QUICKLY}", ValueError, "the target must be -1 or 1, got 0"),
    (f"nn.fit(model, nn.mse_loss, ([[0.0, None], [1.0, 2.0]], targets), {QUICKLY}", ValueError, "column 1 … got None"),
    (f"nn.fit(model, nn.mse_loss, (inputs, [float('nan'), 1.0]), {QUICKLY}", ValueError, "in row 0 … got nan"),
    (
        f"nn.fit(model, lambda o, t: o.data - t, data, recorded=False, {QUICKLY}",
        TypeError,
        "no gradient flows … without .data",
    ),
    (f"nn.fit(model, lambda o, t: None, data, {QUICKLY}", TypeError, "a function may lack its return"),
    (
        "m = nn.MLP(2, [1])\nnn.fit(m, nn.mse_loss, data, optimizer=nn.SGD(m.parameters(), lr=1e300), progress=False)",
        OverflowError,
        "training diverged in epoch … Lower the learning rate",
    ),
]


@pytest.mark.parametrize(("program", "error", "words"), NETWORKS + LOSSES + DATA + OPTIMISERS + TRAINING)
@pytest.mark.filterwarnings("ignore:this model runs example by example", "ignore:autograd. the engine is not compiled")
def test_a_mistake_is_explained(program, error, words):
    check(program, error, words)


def test_every_suggestion_exists():
    tables = [table for name, table in vars(elsewhere).items() if name.isupper() and name[0] != "_"]
    assert len(tables) > 5
    for table in tables:
        for name, remedy in table.items():
            for dotted in re.findall(r"\bnn\.(\w+(?:\.\w+)?)", remedy):
                thing = nn
                for part in dotted.split("."):
                    assert hasattr(thing, part), f"{name}: {remedy}"
                    thing = getattr(thing, part)
    assert not [name for name in elsewhere.NAMES if name in nn.__all__]


def test_a_program_with_the_right_names_is_not_disturbed():
    class Scaled(nn.Module):
        def __init__(self, *sizes, **options):
            self.inner = nn.MLP(*sizes, **options)

        def forward(self, x):
            return self.inner(x)

    assert len(Scaled(2, [3, 1], seed=0).parameters()) == 13
    with pytest.raises(TypeError, match=r"^MLP: there is no argument 'sed'"):
        Scaled(2, [3, 1], sed=0)
