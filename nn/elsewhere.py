"""For names and arguments of PyTorch, Keras and scikit-learn that this package does not have: what to write here."""

_LOSS = "PyTorch's class {0} is the function nn.{1} here: loss = nn.{1}(output, target)."
_DEVICE = "Leave it out: every number is a float64 in ordinary memory."
_AUTOGRAD = "It is in autograd: write autograd.{0}."
_EXAMPLES = "Pass the examples: a pair (inputs, targets), a list of pairs, or an nn.data.Dataset."

NAMES = {
    **{
        name: _LOSS.format(name, function)
        for name, function in {
            "MSELoss": "mse_loss",
            "L1Loss": "l1_loss",
            "HuberLoss": "huber_loss",
            "SmoothL1Loss": "smooth_l1_loss",
            "CrossEntropyLoss": "cross_entropy",
            "NLLLoss": "nll_loss",
            "BCELoss": "binary_cross_entropy",
            "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
            "KLDivLoss": "kl_div",
            "PoissonNLLLoss": "poisson_nll_loss",
            "GaussianNLLLoss": "gaussian_nll_loss",
            "SoftMarginLoss": "soft_margin_loss",
            "HingeEmbeddingLoss": "hinge_embedding_loss",
            "MarginRankingLoss": "margin_ranking_loss",
            "MultiMarginLoss": "multi_margin_loss",
            "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
            "CosineEmbeddingLoss": "cosine_embedding_loss",
            "TripletMarginLoss": "triplet_margin_loss",
        }.items()
    },
    "Parameter": "A parameter is a Value: self.scale = autograd.Value(1.0).",
    "ParameterList": "A list of Values in an attribute holds parameters: self.scales = [Value(1.0), Value(2.0)].",
    "ParameterDict": "A dict of Values in an attribute holds parameters: nothing needs to be registered.",
    "ModuleList": "A list of modules in an attribute holds modules: self.layers = [nn.Linear(2, 3), nn.Linear(3, 1)].",
    "ModuleDict": "A dict of modules in an attribute holds modules: nothing needs to be registered.",
    "functional": "Its functions are in nn itself: nn.cross_entropy, nn.softmax, nn.relu.",
    "F": "Its functions are in nn itself: nn.cross_entropy, nn.softmax, nn.relu.",
    "lr_scheduler": "Schedules are in nn itself: nn.StepLR, nn.CosineAnnealingLR.",
    "utils": "Write nn.clip_grad_norm_ or nn.clip_grad_value_.",
    "Dense": "Write nn.Linear(nin, nout), or nn.Layer(nin, nout, activation).",
    "FullyConnected": "Write nn.Linear(nin, nout), or nn.Layer(nin, nout, activation).",
    "Model": "Write nn.MLP, nn.Sequential, or a class that is derived from nn.Module.",
    "MLPClassifier": "Write model = nn.MLP(4, [8, 3]), then nn.fit(model, nn.cross_entropy, data).",
    "MLPRegressor": "Write model = nn.MLP(4, [8, 1]), then nn.fit(model, nn.mse_loss, data).",
    "Value": _AUTOGRAD.format("Value"),
    "Identity": "Leave it out; as a function it is lambda x: x.",
    "LogSoftmax": "Leave it out and use nn.cross_entropy, which includes it; the function is autograd.log_softmax.",
    "log_softmax": _AUTOGRAD.format("log_softmax"),
    "no_grad": _AUTOGRAD.format("no_grad"),
    "BatchNorm1d": "A module sees one example, so there is no batch to normalise over: write nn.LayerNorm(width).",
    "MultiheadAttention": "Write nn.SelfAttention(width, heads).",
    **dict.fromkeys(("RNN", "GRU", "RNNCell", "GRUCell"), "Write nn.LSTM(input_size, hidden_size), or nn.LSTMCell."),
    "Transformer": "Write nn.GPT(vocabulary, context, width, heads, layers).",
    "DataLoader": "nn.fit makes the batches: batch_size=32; by hand, nn.data.batches(data, batch_size, seed, epoch).",
    "TensorDataset": "Write nn.data.Dataset(inputs, targets).",
    "Dataset": "It is in nn.data: write nn.data.Dataset(inputs, targets).",
    "train_test_split": "Write train, test = nn.data.split(data).",
    "StandardScaler": "Write train, test = nn.data.standardize(train, test).",
    "train": "Write nn.fit(model, loss, data).",
    "LBFGS": "Optimisers here are nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop and nn.Adagrad.",
    "device": _DEVICE,
}

# Attributes of modules.
OF_MODULES = {
    **dict.fromkeys(("to", "cuda", "cpu", "double", "float", "half"), _DEVICE),
    "fit": "Write nn.fit(model, nn.mse_loss, data).",
    "compile": "Nothing needs to be compiled: nn.fit(model, loss, data, optimizer=…) records the model by itself.",
    "predict": "Write model(x) for one example, nn.predict(model, inputs) for many.",
    "evaluate": "Write nn.evaluate(model, loss, data, metric).",
    "score": "Write nn.evaluate(model, loss, data, nn.accuracy).",
    "backward": "Write loss.backward(), where loss is what the loss function returned.",
    "step": "An optimiser moves the parameters: optimizer = nn.SGD(model.parameters(), lr=0.1), optimizer.step().",
    "save": "Write nn.save(model, path).",
    "load": "Write model = nn.load(path).",
    "summary": "Write nn.summary(model).",
    "weight": "The weights of a layer are those of its neurons: layer.neurons[0].w; named_tensors() has them by name.",
    "weights": "Write model.parameters(), or dict(model.named_parameters()).",
    "bias": "The biases of a layer are those of its neurons: layer.neurons[0].b; named_tensors() has them by name.",
    "add": "Give the layers to nn.Sequential when it is made.",
    "apply": "Write a loop: for module in model.modules().",
    "named_children": "Write model.children(), which gives names and modules.",
    "register_buffer": "Assign it to an attribute: numbers in attributes are no parameters.",
    "register_parameter": "Assign it to an attribute: every Value in an attribute is a parameter.",
    "add_module": "Assign it to an attribute: every module in an attribute is part of this one.",
    "num_parameters": "Write len(model.parameters()).",
    "grad": "Each parameter has its own: [p.grad for p in model.parameters()].",
    "data": "Each parameter has its own: [p.data for p in model.parameters()].",
}

# Attributes of optimisers.
OF_OPTIMIZERS = {
    "learning_rate": "The learning rate is optimizer.lr.",
    "zero_grads": "Write optimizer.zero_grad().",
    "minimize": "Write loss.backward(), then optimizer.step().",
    "update_params": "Write optimizer.step().",
}

# Arguments of fit.
OF_FIT = {
    **dict.fromkeys(
        ("lr", "learning_rate"),
        "An optimiser has the learning rate: optimizer=nn.Adam(model.parameters(), lr=0.01).",
    ),
    **dict.fromkeys(("n_epochs", "num_epochs", "epoch", "steps", "max_iter", "iterations"), "Write epochs=100."),
    **dict.fromkeys(("batch", "bs", "batchsize"), "Write batch_size=32."),
    **dict.fromkeys(("opt", "optim", "optimiser"), "Write optimizer=nn.Adam(model.parameters(), lr=0.01)."),
    **dict.fromkeys(("criterion", "loss_fn", "loss_function"), "The loss comes second: fit(model, loss, data)."),
    **dict.fromkeys(("X", "y", "x", "inputs", "targets", "dataset", "train_data", "dataloader"), _EXAMPLES),
    **dict.fromkeys(("validation_data", "val_data", "valid", "test"), "Write validation=data."),
    **dict.fromkeys(("validation_split", "test_size"), "Write train, test = nn.data.split(data), and validation=test."),
    **dict.fromkeys(("verbose", "verbosity", "silent", "quiet"), "Write progress=False for no progress bar."),
    **dict.fromkeys(("metrics", "accuracy"), "Write metric=nn.accuracy; there is one."),
    **dict.fromkeys(("early_stopping", "early_stopping_rounds"), "Write patience=5, with validation=data."),
    "shuffle": "Every epoch is shuffled; seed=0 makes the order the same each time.",
    "random_state": "Write seed=0.",
    "scheduler": "Write schedule=nn.StepLR(optimizer, 10).",
    "lr_scheduler": "Write schedule=nn.StepLR(optimizer, 10).",
    "weight_decay": "Write optimizer=nn.AdamW(model.parameters(), weight_decay=0.01), or penalty=.",
    "l2": "Write penalty=lambda model: nn.l2_penalty(model, 1e-4).",
    "grad_clip": "Write clip_norm=1.0 or clip_value=1.0.",
    "max_norm": "Write clip_norm=1.0.",
    "callback": "Write callbacks=[function].",
    "device": _DEVICE,
    "": "Inputs and targets are one argument, (inputs, targets); the others have names, as in epochs=10.",
}

# Arguments of optimisers and modules.
OF_OPTIMIZER = {
    **dict.fromkeys(("learning_rate", "eta", "rate", "step_size"), "The learning rate is lr."),
    **dict.fromkeys(("parameters", "model_parameters"), "They come first: nn.SGD(model.parameters(), lr=0.1)."),
    **dict.fromkeys(("beta1", "beta_1", "beta2", "beta_2"), "Write betas=(0.9, 0.999)."),
    "epsilon": "Write eps=1e-8.",
    "decay": "Write weight_decay=, or a schedule such as nn.ExponentialLR(optimizer, 0.99) for the learning rate.",
    "l2": "Write weight_decay=.",
    **dict.fromkeys(("foreach", "fused", "capturable", "differentiable"), "Leave it out."),
    **dict.fromkeys(("amsgrad", "maximize"), "There is no such variant here; to maximise write (-y).backward()."),
}
OF_MODULE = {
    **dict.fromkeys(("in_features", "input_size", "input_dim", "n_inputs"), "The number of inputs comes first: nin."),
    **dict.fromkeys(("out_features", "units", "n_outputs"), "The number of neurons is called nout."),
    **dict.fromkeys(
        ("hidden", "hidden_size", "hidden_sizes", "hidden_layer_sizes", "layers", "sizes"),
        "The sizes of all layers are one list, the outputs last: nn.MLP(4, [16, 3]).",
    ),
    **dict.fromkeys(("act", "activation_fn", "nonlinearity"), 'Write activation="tanh".'),
    **dict.fromkeys(("random_state", "rng", "key", "generator"), "Write seed=0."),
    **dict.fromkeys(("device", "dtype"), _DEVICE),
    "dropout": "Write nn.Sequential(..., nn.Dropout(0.5), ...).",
    "weights": "Assign them afterwards, or call load_state_dict.",
    "use_bias": "Write bias=False.",
    "": "A module is made first, and called with an example then: nn.ReLU()(x), nn.Linear(2, 3)(x).",
}

# Names of data sets and helpers.
OF_DATA = {
    "make_moons": "Write nn.data.moons(100, noise=0.1, seed=0).",
    "make_circles": "Write nn.data.circles(100, noise=0.1, seed=0).",
    "load_iris": "Write nn.data.iris().",
    "load_digits": "Write nn.data.digits().",
    **dict.fromkeys(("mnist", "MNIST"), "Nothing is downloaded here: nn.data.digits() has handwritten digits, 8 by 8."),
    "train_test_split": "Write train, test = nn.data.split(data).",
    "DataLoader": "nn.fit makes the batches: batch_size=32; by hand, nn.data.batches(data, batch_size, seed, epoch).",
    "TensorDataset": "Write nn.data.Dataset(inputs, targets).",
    **dict.fromkeys(("normalize", "StandardScaler", "scale"), "Write train, test = nn.data.standardize(train, test)."),
}
