"""`Vocabulary`: the characters of words, or of running text, as numbers."""

from collections.abc import Sequence

from autograd.arguments import expect_instance, expect_list_of
from autograd.errors import ArgumentError
from nn.arguments import check_count
from nn.dataset import Dataset


class Vocabulary:
    """The characters of some words, numbered from 1; number 0 marks where a word begins and ends.

    characters  in the order of their numbers
    end         the number of the mark, for `end` of GPT.generate; None for running text, which has no mark

    >>> vocabulary = Vocabulary(["abba", "cab"])
    >>> len(vocabulary), vocabulary.encode("cab"), vocabulary.decode([3, 1, 2])
    (4, [0, 3, 1, 2, 0], 'cab')
    """

    def __init__(self, words: Sequence[str]):
        self.characters = sorted(set("".join(expect_list_of("Vocabulary: words", words, str))))
        self.end: int | None = 0

    @classmethod
    def of_text(cls, text: str) -> "Vocabulary":
        """The characters of running text, numbered from 0; nothing marks where it begins and ends.

        >>> vocabulary = Vocabulary.of_text("to be or not to be")
        >>> len(vocabulary), vocabulary.encode("be"), vocabulary.decode([6, 4])
        (7, [1, 2], 'to')

        Raises ArgumentError for an empty text, NumberTypeError for anything but a string.
        """
        expect_instance("Vocabulary.of_text", text, str)
        if not text:
            raise ArgumentError("Vocabulary.of_text: expected a text, got an empty one.")
        vocabulary = cls([text])
        vocabulary.end = None
        return vocabulary

    def __len__(self):
        return len(self.characters) + self._first

    @property
    def _first(self) -> int:
        """The number of the first character."""
        return 0 if self.end is None else 1

    def encode(self, word: str) -> list[int]:
        """The numbers of the characters, of a word between two marks. Raises ArgumentError for an unknown character."""
        return self.start(word) if self.end is None else [*self.start(word), self.end]

    def start(self, text: str) -> list[int]:
        """What `encode` returns, without a mark at the end: for `start` of GPT.generate, which goes on from there.

        >>> Vocabulary(["abba", "cab"]).start("ca")
        [0, 3, 1]
        """
        numbers = {character: k for k, character in enumerate(self.characters, self._first)}
        for character in text:
            if character not in numbers:
                raise ArgumentError(f"Vocabulary: {character!r} in {text!r:.60} is not among {self._listed()}.")
        return [*([] if self.end is None else [self.end]), *(numbers[character] for character in text)]

    def _listed(self) -> str:
        return repr("".join(self.characters))

    def decode(self, tokens: Sequence[int]) -> str:
        """The characters with these numbers, without the marks. Raises ArgumentError for a number that has none."""
        tokens = [token for token in tokens if token != self.end]
        for token in tokens:
            if token not in range(self._first, len(self)):
                raise ArgumentError(
                    f"Vocabulary: expected the number of a character, from {self._first} to {len(self) - 1}, "
                    f"got {token!r:.60}."
                )
        return "".join(self.characters[token - self._first] for token in tokens)

    def examples(
        self, words: "Sequence[str] | str", context: "int | None" = None, stride: "int | None" = None
    ) -> Dataset:
        """For every word its tokens, and as targets the token after each; or the same for pieces of running text.

        words    a list of words; or, with a vocabulary of running text, the text
        context  cut or pad all rows to this length: the inputs with the mark, the targets with -100, which
                 `cross_entropy` ignores. Rows of one length train much faster. For text, the length of the pieces
        stride   for text, how many characters after one piece the next begins, by default `context`

        >>> Vocabulary(["ab"]).examples(["ab"])[0]
        ([0, 1, 2], [1, 2, 0])
        >>> Vocabulary(["ab"]).examples(["ab"], context=4)[0]
        ([0, 1, 2, 0], [1, 2, 0, -100])
        >>> Vocabulary.of_text("abcabca").examples("abcabca", context=3)[1]
        ([0, 1, 2], [1, 2, 0])

        Raises ArgumentError for a text that is not longer than the context, and without a context for a text.
        """
        if self.end is None:
            return self._pieces(words, context, stride)
        words = expect_list_of("Vocabulary.examples: words", words, str)
        context = None if context is None else check_count("Vocabulary.examples", "context", context)
        tokens = [self.encode(word) for word in words]
        inputs, targets = [t[:-1] for t in tokens], [t[1:] for t in tokens]
        if context is not None:
            inputs = [(row + [0] * context)[:context] for row in inputs]
            targets = [(row + [-100] * context)[:context] for row in targets]
        return Dataset(inputs, targets, name="words")

    def _pieces(self, text, context: "int | None", stride: "int | None") -> Dataset:
        expect_instance("Vocabulary.examples: the text", text, str)
        context = check_count("Vocabulary.examples", "context", context)
        stride = context if stride is None else check_count("Vocabulary.examples", "stride", stride)
        tokens = self.encode(text)
        if len(tokens) <= context:
            raise ArgumentError(
                f"Vocabulary.examples: the text has {len(tokens)} characters, too few for a context of {context} and "
                "the character after it. Make the context smaller."
            )
        places = range(0, len(tokens) - context, stride)
        inputs, targets = ([tokens[i + k : i + k + context] for i in places] for k in (0, 1))
        return Dataset(inputs, targets, name="text")
