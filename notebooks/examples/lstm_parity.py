"""An LSTM learns parity: whether the number of ones in a sequence of bits is odd."""

import random

import nn


class Parity(nn.Module):
    """A score for a sequence of bits, positive where the number of ones is odd."""

    def __init__(self):
        self.lstm = nn.LSTM(1, 6, seed=0)
        self.head = nn.Linear(6, 1, seed=1)

    def forward(self, bits):
        outputs, _ = self.lstm([[bit] for bit in bits])
        return self.head(outputs[-1])


rng = random.Random(0)
sequences = [[rng.randint(0, 1) for _ in range(rng.randint(1, 6))] for _ in range(400)]
examples = [(bits, sum(bits) % 2) for bits in sequences]
model = Parity()
optimizer = nn.Adam(model.parameters(), lr=0.03)
loss = nn.binary_cross_entropy_with_logits
nn.fit(model, loss, examples, epochs=60, optimizer=optimizer, seed=0, progress=False)

longer = [[rng.randint(0, 1) for _ in range(12)] for _ in range(200)]
scores = nn.predict(model, longer)
print(f"accuracy on sequences twice as long: {nn.accuracy(scores, [sum(bits) % 2 for bits in longer]):.3f}")
