"""A small convolutional network reads handwritten digits of 8 by 8 pixels."""

import nn

train, test = nn.data.split(nn.data.digits(), seed=0)
model = nn.Sequential(
    nn.Unflatten(-1, (1, 8, 8)),
    nn.Conv2d(1, 8, kernel_size=3, padding=1, seed=0),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(8, 16, kernel_size=3, seed=1),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(16 * 2 * 2, 10, seed=2),
)
optimizer = nn.Adam(model.parameters(), lr=0.01)
nn.fit(model, nn.cross_entropy, train, epochs=10, batch_size=64, optimizer=optimizer, seed=0, progress=False)

print(nn.summary(model))
print(f"accuracy on unseen digits: {nn.evaluate(model, nn.cross_entropy, test, nn.accuracy)['accuracy']:.3f}")
