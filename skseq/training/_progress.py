"""How far a training is, for who watches it."""

from skorch.callbacks import Callback
from tqdm.auto import tqdm

__all__ = ["ProgressBar"]


class ProgressBar(Callback):
    """A tqdm bar that advances with every epoch and shows the losses."""

    only_watches = True

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.bar_ = tqdm(total=net.max_epochs, unit="epoch")

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        losses = {
            name: value
            for name, value in net.history[-1].items()
            if name in ("train_loss", "valid_loss")
        }
        self.bar_.set_postfix(losses)
        self.bar_.update()

    def on_train_end(self, net, X=None, y=None, **kwargs):
        self.bar_.close()
