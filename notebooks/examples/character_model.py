"""A small GPT learns to write from running text, character by character."""

import random

import nn

rng = random.Random(0)
animals, verbs = ["the cat", "the dog", "a bird", "the fox"], ["sees", "hears", "likes"]
sentences = [f"{rng.choice(animals)} {rng.choice(verbs)} {rng.choice(animals)}. " for _ in range(300)]
text = "".join(sentences)

vocabulary = nn.data.Vocabulary.of_text(text)
examples = vocabulary.examples(text, context=16)
model = nn.GPT(len(vocabulary), context=16, width=16, heads=2, seed=0)
optimizer = nn.AdamW(model.parameters(), lr=0.01)
history = nn.fit(model, nn.cross_entropy, examples, epochs=15, optimizer=optimizer, metric=None, seed=0, progress=False)

print(f"loss for each character: {history['loss'][0]:.2f} at first, {history['loss'][-1]:.2f} in the end")
drawn = model.generate(vocabulary.start("the "), end=vocabulary.end, length=60, temperature=0.5, seed=0)
print(f"the {vocabulary.decode(drawn)}")
