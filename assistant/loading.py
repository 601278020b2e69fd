"""The encoder of the settings: loaded once, when it is needed first, or a moment before."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from embeddings.encoder import exported_card, exported_encoder, load_encoder
from embeddings.indexing import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assistant.settings import Settings
    from embeddings.encoder import Encoder, OnnxEncoder

__all__ = ["Loading"]


@dataclass(slots=True)
class Loading:
    """Called for the encoder. Safe to use from several threads: the others wait for the first."""

    settings: Settings
    data_dir: Path
    tell: Callable[[Progress], None]
    notice: Callable[[str], None]
    """Told when what was exported before is damaged."""
    encoder: Encoder | None = None
    """The encoder, once it is loaded, or one that takes the place of the settings'."""
    known: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Encoder:
        """The encoder, exported first when it is not there yet; raises `ModelError`."""
        with self.lock:
            if self.encoder is None:
                name, threads = self.settings.encoder, self.settings.threads
                if exported_card(name, self.data_dir) is None:
                    self.tell(Progress("preparing the model", 0))
                self.encoder = self._spread(load_encoder(name, self.data_dir, threads, self.notice))
            return self.encoder

    def ahead(self) -> None:
        """Load it now if it lies there intact; else whoever needs it has it made, and is told."""
        with self.lock:
            if self.encoder is None:
                name, threads = self.settings.encoder, self.settings.threads
                found = exported_encoder(name, self.data_dir, threads)
                self.encoder = found and self._spread(found)

    def fingerprint(self) -> str:
        """The encoder's fingerprint; it need not be loaded for that, where it is exported."""
        if self.known is None:
            given = self.encoder is not None
            card = None if given else exported_card(self.settings.encoder, self.data_dir)
            self.known = card.fingerprint if card else self().fingerprint
        return self.known

    @property
    def is_spread(self) -> bool:
        """Whether articles are encoded by workers."""
        return self.settings.workers is not None or self.settings.ray_address is not None

    def _spread(self, local: OnnxEncoder) -> Encoder:
        if not self.is_spread:
            return local
        from embeddings.distributed import RayEncoder

        return RayEncoder(local, self.settings.workers, self.settings.ray_address)
