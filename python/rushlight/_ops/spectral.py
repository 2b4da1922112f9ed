"""The short-time Fourier transform and its inverse."""

from rushlight import _C

from .registry import op


@op
def stft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    pad_mode="reflect",
    normalized=False,
    onesided=None,
    return_complex=None,
    align_to_window=None,
):
    """Return the Fourier transforms of windowed frames of signals (L) or (N, L): shape (N, frequencies, frames).

    Frames start every ``hop_length`` samples (``n_fft // 4`` by default); with ``center`` the signal is padded so that
    frame t is centred at ``t * hop_length``. Without ``return_complex`` the last dimension holds real and imaginary
    parts.
    """
    from rushlight import fft

    hop, window = frame_arguments("stft", input, n_fft, hop_length, win_length, window)
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    signal = input.unsqueeze(0) if input.dim() == 1 else input
    if center:
        signal = centred(signal, n_fft // 2, pad_mode)
    if not 0 < n_fft <= signal.size(-1):
        raise RuntimeError(
            f"stft(input, n_fft={n_fft}): expected 0 < n_fft <= {signal.size(-1)}, but got n_fft={n_fft}"
        )
    is_complex = input.is_complex() or window.is_complex()
    if return_complex is None and not is_complex:
        raise RuntimeError(
            "stft requires the return_complex parameter be given for real inputs, "
            "and will further require that return_complex=True in a future PyTorch release."
        )
    onesided = not is_complex if onesided is None else onesided
    if onesided and is_complex:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    frames = signal.unfold(-1, n_fft, hop) * window
    transform = fft.rfft if onesided else fft.fft
    spectrum = transform(frames, norm="ortho" if normalized else None).transpose(-2, -1)
    spectrum = spectrum.squeeze(0) if input.dim() == 1 else spectrum
    return spectrum if return_complex or return_complex is None else _C.view_as_real(spectrum)


def centred(signal, amount, pad_mode):
    """Pad the signals at both ends."""
    from rushlight.nn.functional import pad

    return pad(signal.unsqueeze(1), [amount, amount], pad_mode).squeeze(1)


def frame_arguments(name, input, n_fft, hop_length, win_length, window):
    """Return the hop and a window of ``n_fft`` elements, zero around ``win_length``, after PyTorch's checks."""
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    if name == "stft":
        if not (input.is_floating_point() or input.is_complex()):
            raise RuntimeError(f"stft expects a tensor of floating point or complex values, but got {input.dtype}")
        if input.dim() not in (1, 2):
            raise RuntimeError(f"stft expects a 1D or 2D tensor, but got {input.dim()}D")
    if hop <= 0:
        raise RuntimeError(f"{name}: expected hop_length > 0, but got hop_length={hop}")
    if not 0 < length <= n_fft:
        raise RuntimeError(f"{name}: expected 0 < win_length <= n_fft, but got win_length={length}")
    if window is not None and (window.dim() != 1 or window.numel() != length):
        raise RuntimeError(
            f"{name}: expected a 1D window tensor of size equal to win_length={length}, "
            f"but got window with size {list(window.shape)}"
        )
    if window is None:
        dtype = input.real.dtype if input.is_complex() else input.dtype
        window = _C.full((length,), 1, dtype=dtype, device=input.device)
    left = (n_fft - length) // 2
    return hop, _C.constant_pad(window, (left, n_fft - length - left), 0)


@op
def istft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    normalized=False,
    onesided=None,
    length=None,
    return_complex=False,
):
    """Return the signals (N, L) whose transforms come nearest to ``input`` (N, frequencies, frames), complex.

    Frames are added up where they overlap and divided by the sum of the squared windows (Griffin and Lim, 1984).
    """
    from rushlight import fft

    if not input.is_complex():
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        )
    if input.dim() not in (2, 3) or input.numel() == 0:
        raise RuntimeError(
            f"istft: expected a non-empty tensor with 2 or 3 dimensions, but got shape {list(input.shape)}"
        )
    hop, window = frame_arguments("istft", input, n_fft, hop_length, win_length, window)
    spectrum = input.unsqueeze(0) if input.dim() == 2 else input
    onesided = spectrum.size(1) != n_fft if onesided is None else onesided
    if spectrum.size(1) != (n_fft // 2 + 1 if onesided else n_fft):
        raise RuntimeError(
            f"istft: expected the frequency dimension to match n_fft={n_fft} with onesided={onesided}, "
            f"but got {spectrum.size(1)}"
        )
    if onesided and (return_complex or window.is_complex()):
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    frames = spectrum.transpose(1, 2)
    norm = "ortho" if normalized else None
    # Of a real signal the first half of the frequencies says all.
    half = frames[..., : n_fft // 2 + 1]
    pieces = fft.ifft(frames, norm=norm) if return_complex else fft.irfft(half, n=n_fft, norm=norm)
    signal = overlap_add(pieces * window, hop)
    envelope = overlap_add((window * window).expand(1, frames.size(1), n_fft), hop)
    start = n_fft // 2 if center else 0
    total = signal.size(-1)
    end = start + length if length is not None else total - start if center else total
    signal, envelope = (x[:, start : min(end, total)] for x in (signal, envelope))
    if float(envelope.abs().min()) < 1e-11:
        raise RuntimeError("window overlap add min: 1")
    signal = signal / envelope
    if end > total:
        signal = _C.constant_pad(signal, (0, end - total), 0)
    return signal.squeeze(0) if input.dim() == 2 else signal


def overlap_add(pieces, hop):
    """Add up pieces (N, frames, n) that start every ``hop`` elements: shape (N, n + hop (frames - 1))."""
    batch, frames, n = pieces.shape
    total = n + hop * (frames - 1)
    place = _C.arange(frames, device=pieces.device).unsqueeze(1) * hop + _C.arange(n, device=pieces.device)
    zeros = _C.full((batch, total), 0, dtype=pieces.dtype, device=pieces.device)
    return _C.index_add(zeros, 1, place.reshape(-1), pieces.reshape(batch, frames * n))
