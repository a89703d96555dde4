"""A small GPT of scalars: causal self-attention, and the blocks and models built from it."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

from autograd import Value, dot, scope, softmax
from autograd.arguments import expect_list
from autograd.errors import ArgumentError
from nn.arguments import check_count
from nn.init import generator, normal
from nn.layers import Embedding, RMSNorm
from nn.metrics import plain_output
from nn.module import Module, check_size, made_up
from nn.modules import Linear
from nn.types import Number


class SelfAttention(Module):
    """Causal self-attention: each position gathers what matches its query from itself and the positions before it.

    width  the length of the vector at each position
    heads  the number of parallel heads, each of which works on width / heads of the numbers

    Takes a list of vectors, one for each position, and returns as many.

    >>> attention = SelfAttention(4, heads=2, seed=0)
    >>> a, b = [1.0, 0.0, 2.0, -1.0], [0.5, 1.0, 0.0, 3.0]
    >>> [v.data for v in attention([a, b])[0]] == [v.data for v in attention([a])[0]]
    True

    Vaswani et al., "Attention is all you need", 2017. Raises ArgumentError unless heads divides width.
    """

    def __init__(self, width: int, heads: int = 1, *, init="kaiming_uniform", seed=None):
        self.width = check_count("SelfAttention", "width", width)
        self.heads = check_count("SelfAttention", "heads", heads)
        if width % heads:
            raise ArgumentError(f"SelfAttention: heads must divide width, got {heads} heads and width {width}.")
        rng = generator(seed)
        self.query, self.key, self.value, self.out = (
            Linear(width, width, bias=False, init=init, seed=rng) for _ in range(4)
        )

    def forward(self, xs: Sequence[Sequence[Number]]) -> list[Any]:
        for x in xs:
            check_size(self, self.width, len(x))
        queries, keys, values = ([self._heads(part(x)) for x in xs] for part in (self.query, self.key, self.value))
        return [
            self.out(
                [
                    v
                    for head in range(self.heads)
                    for v in scope(f"head{head}")(_gather)(
                        queries[t][head], [k[head] for k in keys[: t + 1]], [v[head] for v in values[: t + 1]]
                    )
                ]
            )
            for t in range(len(xs))
        ]

    def example_input(self):
        return [made_up(self.width) for _ in range(3)]

    def _heads(self, x):
        """A vector cut into a piece for each head."""
        x = x if isinstance(x, list) else [x]
        size = self.width // self.heads
        return [x[i : i + size] for i in range(0, self.width, size)]

    def extra_repr(self):
        return f"{self.width}, heads={self.heads}"

    def __repr__(self):
        return f"SelfAttention({self.extra_repr()})"


def _gather(query, keys, values):
    """The mean of the values, weighted by how well their keys match the query."""
    with scope("scores"):
        scores = [dot(query, key) / sqrt(len(query)) for key in keys]
    weights = softmax(scores)
    with scope("mix"):
        return [dot(weights, column) for column in zip(*values)]


class Block(Module):
    """One layer of a transformer: attention, then two linear layers on each position, each added to its input."""

    def __init__(self, width: int, heads: int, hidden: int, *, init, seed=None):
        rng = generator(seed)
        self.norm1 = RMSNorm(width)
        self.attention = SelfAttention(width, heads, init=init, seed=rng)
        self.norm2 = RMSNorm(width)
        self.up = Linear(width, hidden, bias=False, init=init, seed=rng)
        self.down = Linear(hidden, width, bias=False, init=init, seed=rng)

    def forward(self, xs: Sequence[Sequence[Number]]) -> list[list[Value]]:
        gathered = self.attention([self.norm1(x) for x in xs])
        xs = [_added("residual", x, g) for x, g in zip(xs, gathered)]
        return [_added("residual", x, self._feed_forward(self.norm2(x))) for x in xs]

    def example_input(self):
        return self.attention.example_input()

    def _feed_forward(self, x: Any) -> Any:
        hidden: Any = self.up(x)
        with scope("relu"):
            hidden = [v.relu() for v in hidden]
        return self.down(hidden)


def _added(name, xs, ys):
    """The sums of corresponding elements, in a scope of that name."""
    with scope(name):
        return [x + y for x, y in zip(xs, ys)]


class GPT(Module):
    """A character model: for each token of a sequence, the scores (logits) of the token that follows.

    vocabulary  the number of different tokens
    context     the longest sequence of tokens
    width       the length of the vector for each token; `heads` must divide it
    layers      the number of blocks
    hidden      the number of hidden neurons in a block, by default 4·width
    init, seed  how the weights are drawn, as for Neuron

    Takes a list of tokens, which are integers; returns for each a list of `vocabulary` Values.

    >>> model = GPT(5, context=4, width=4, heads=2, seed=0)
    >>> scores = model([0, 3, 1])
    >>> len(scores), len(scores[0])
    (3, 5)

    Radford et al., "Improving language understanding by generative pre-training", 2018. Raises ArgumentError for more
    tokens than the context.
    """

    def __init__(
        self,
        vocabulary: int,
        context: int = 16,
        width: int = 16,
        heads: int = 4,
        layers: int = 1,
        hidden: "int | None" = None,
        *,
        init=None,
        seed=None,
    ):
        init, rng = init or normal(std=0.08), generator(seed)
        self.context = check_count("GPT", "context", context)
        self.token = Embedding(vocabulary, width, init=init, seed=rng)
        self.position = Embedding(context, width, init=init, seed=rng)
        self.blocks = [
            Block(width, heads, hidden or 4 * width, init=init, seed=rng)
            for _ in range(check_count("GPT", "layers", layers))
        ]
        self.norm = RMSNorm(width)
        self.head = Linear(width, vocabulary, bias=False, init=init, seed=rng)

    def embed(self, tokens: Sequence[Number]) -> list[list[Value]]:
        """For each token the sum of its vector and that of its position: here integers become Values."""
        if not 0 < len(tokens) <= self.context:
            raise ArgumentError(
                f"GPT: expected from 1 to {self.context} tokens, got {len(tokens)}. "
                "Pass fewer tokens, or make the model with a larger context."
            )
        return [_added("embed", self.token(token), self.position(place)) for place, token in enumerate(tokens)]

    def example_input(self):
        return list(range(min(self.context, len(self.token.weight))))

    def forward(self, tokens: Sequence[Number]) -> list[list[Value]]:
        xs: Any = self.embed(tokens)
        for block in self.blocks:
            xs = block(xs)
        scores: list[Any] = [self.head(self.norm(x)) for x in xs]
        return scores

    def generate(
        self,
        start: Sequence[int] = (0,),
        *,
        end: "int | None" = 0,
        length: "int | None" = None,
        temperature: float = 1.0,
        seed=None,
    ) -> list[int]:
        """Tokens drawn one after another from the probabilities of the model, up to the token `end`.

        start        the tokens before the first drawn one, such as vocabulary.start("…"); they are not returned
        end          the token that ends it; None for running text, which nothing ends
        length       the largest number of tokens, by default `context`
        temperature  below 1 likely tokens become likelier, above 1 less likely
        seed         for the draw; without it Python's `random`

        >>> len(GPT(5, context=4, width=4, heads=2, seed=0).generate(length=3, end=None, seed=0))
        3

        Raises ArgumentError if there is no token to start with, unless the temperature is positive, and unless the
        length is an integer from 1 to 100,000,000.
        """
        length = self.context if length is None else check_count("GPT.generate", "length", length)
        if not temperature > 0:
            raise ArgumentError(f"GPT.generate: temperature must be positive, got {temperature!r}.")
        rng, tokens, found = generator(seed), expect_list("GPT.generate: start", start), []
        if not tokens:
            raise ArgumentError("GPT.generate: start needs at least one token, such as the first of the text.")
        for _ in range(length):
            scores = plain_output(self.forward(tokens[-self.context :])[-1])
            chances = softmax([score / temperature for score in scores])
            token = rng.choices(range(len(chances)), chances)[0]
            if token == end:
                break
            tokens.append(token)
            found.append(token)
        return found
