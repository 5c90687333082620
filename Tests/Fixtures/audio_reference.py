"""Reference values for SERAudio, by librosa 0.11, SciPy, NumPy, kaldi_native_fbank and torch.

    python Tests/Fixtures/audio_reference.py            the values for the sounds made here
    python Tests/Fixtures/audio_reference.py DATA       those of real files as well; DATA holds tess/ and emodb/

Writes audio/*.wav, audio/reference.{json,bin} and audio/real.{json,bin}. The JSON lists the cases: the feature, its
settings (named as the peer names them), the input, the shape of the whole result, and where in the binary (float32,
little-endian) every `step`-th of its values begins, flattened row by row, [frames, coefficients].
"""
import json, os, sys, wave
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
import warnings
warnings.filterwarnings("ignore")
import numpy as np, scipy.fft, scipy.signal, librosa, torch, kaldi_native_fbank

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "audio")
REAL = ["tess/YAF_angry/YAF_germ_angry.wav", "tess/YAF_fear/YAF_neat_fear.wav", "tess/OAF_fear/OAF_food_fear.wav",
        "tess/OAF_neutral/OA_bite_neutral.wav", "tess/OAF_happy/OAF_dog_happy.wav", "tess/YAF_sad/YAF_young_sad.wav",
        "emodb/03a01Fa.wav", "emodb/08a01Na.wav", "emodb/14a05Wa.wav", "emodb/16b10Lb.wav"]


def sounds():
    """Three short sounds as 16-bit integers: noise that swells from silence, a chirp, and a buzz with pauses."""
    random = np.random.Generator(np.random.PCG64(1))
    t = np.arange(13001) / 22050
    noise = random.standard_normal(13001) * 10 ** (-4 + 3.5 * t / t[-1])
    noise[:3000] = 0
    t = np.arange(11200) / 16000
    # Some noise, as in any recording: between a pure tone and silence lies more than peers in single precision resolve.
    chirp = 0.6 * np.sin(2 * np.pi * (60 * t + 5000 * t * t)) * np.hanning(11200) + random.standard_normal(11200) * 1e-3
    t = np.arange(14649) / 24414
    buzz = sum(np.sin(2 * np.pi * k * (150 * t + 60 * t * t)) / k for k in range(1, 40)) * (np.sin(15 * t) > -0.5) * 0.3
    for name, rate, x in [("noise", 22050, noise), ("chirp", 16000, chirp), ("buzz", 24414, buzz)]:
        yield name, rate, np.clip(np.round(x * 32768), -32768, 32767).astype("<i2")


def write_sounds():
    os.makedirs(HERE, exist_ok=True)
    for name, rate, x in sounds():
        with wave.open(os.path.join(HERE, name + ".wav"), "wb") as out:
            out.setparams((1, 2, rate, len(x), "NONE", ""))
            out.writeframes(x.tobytes())


class Cases:
    def __init__(self): self.list, self.parts, self.count = [], [], 0

    def add(self, feature, source, result, most, **settings):
        result = np.ascontiguousarray(result, dtype="<f4")
        flat = result.ravel()
        # A step without small factors does not fall on the same columns again and again.
        step = 1
        if flat.size > most:
            step = -(-flat.size // most)
            while any(step % p == 0 for p in (2, 3, 5)): step += 1
        kept = flat[::step]
        self.list.append(dict(feature=feature, input=source, settings=settings, shape=list(result.shape), step=step,
                              offset=self.count, count=int(kept.size)))
        self.parts.append(kept)
        self.count += kept.size

    def write(self, name):
        with open(os.path.join(HERE, name + ".json"), "w") as out:
            out.write("[\n" + ",\n".join(json.dumps(c, sort_keys=True) for c in self.list) + "\n]\n")
        np.concatenate(self.parts).astype("<f4").tofile(os.path.join(HERE, name + ".bin"))


STFT = [dict(), dict(n_fft=512, hop_length=128), dict(n_fft=400, hop_length=160, window="hamming"),
        dict(n_fft=1024, hop_length=300, win_length=640), dict(n_fft=512, hop_length=256, center=False),
        dict(n_fft=2048, hop_length=512, pad_mode="reflect"), dict(n_fft=441, hop_length=220, window="blackman"),
        dict(n_fft=600, hop_length=200, win_length=401, window="boxcar", pad_mode="edge")]
MEL = [dict(), dict(n_mels=40), dict(n_mels=64, fmin=50, fmax=7000), dict(htk=True), dict(htk=True, norm=None, n_mels=80),
       dict(n_fft=1024, hop_length=256, power=1), dict(n_fft=512, hop_length=200, win_length=400, n_mels=26, pad_mode="reflect"),
       dict(n_fft=1024, hop_length=512, center=False, norm=None, fmin=300)]
MFCC = [dict(n_mfcc=40), dict(), dict(n_mfcc=13, lifter=22), dict(n_mfcc=40, pad_mode="reflect"),
        dict(n_mfcc=40, n_fft=1024, hop_length=256, n_mels=64), dict(n_mfcc=26, htk=True, mel_norm=None, fmin=20, fmax=7600),
        dict(n_mfcc=40, n_fft=512, hop_length=160, win_length=400, window="hamming", n_mels=40, lifter=30.5),
        dict(n_mfcc=20, center=False, n_mels=100), dict(n_mfcc=128)]
DB = [dict(), dict(ref=0.5), dict(ref="max"), dict(amin=1e-5), dict(top_db=None), dict(top_db=40), dict(top_db=0),
      dict(ref=0, amin=1e-7, top_db=None)]
DELTA = [dict(), dict(order=2), dict(order=3, width=5), dict(width=3), dict(width=7, mode="nearest"),
         dict(width=9, mode="mirror"), dict(width=11, mode="constant", order=2), dict(width=5, mode="wrap", order=2)]
FRAMES = [dict(), dict(frame_length=1024, hop_length=256), dict(frame_length=400, hop_length=160),
          dict(frame_length=2048, hop_length=512, center=False), dict(frame_length=333, hop_length=111),
          dict(frame_length=512, hop_length=512), dict(frame_length=100, hop_length=700), dict(frame_length=4096, hop_length=1024)]
RATES = [(None, 22050, "soxr_hq"), (None, 16000, "soxr_hq"), (None, 44100, "soxr_hq"), (None, 8000, "soxr_hq"),
         (None, 48000, "soxr_hq"), (96000, 22050, "soxr_hq"), (24414, 16000, "soxr_vhq"), (22050, 11025, "soxr_mq"),
         (16000, 22050, "soxr_lq"), (44100, 16000.5, "soxr_hq"), (8000, 12345, "soxr_qq")]
KALDI = [dict(), dict(num_bins=40, num_ceps=20), dict(window_type="hamming"), dict(preemph_coeff=0.0, cepstral_lifter=0.0),
         dict(remove_dc_offset=False, window_type="hanning"), dict(low_freq=0.0, high_freq=7600.0, num_bins=30),
         dict(frame_length_ms=32.0, frame_shift_ms=8.0), dict(window_type="rectangular", num_ceps=23), dict(window_type="blackman")]
TORCHAUDIO = [dict(), dict(n_mfcc=13), dict(n_fft=512, hop_length=128, n_mels=80), dict(f_min=50.0, f_max=7000.0, n_mels=64),
              dict(win_length=320, hop_length=160), dict(norm="slaney"), dict(mel_scale="slaney", norm="slaney", n_mels=40),
              dict(n_fft=1024, hop_length=256, n_mfcc=20)]


def kaldi(y, rate, num_bins=23, num_ceps=13, window_type="povey", preemph_coeff=0.97, cepstral_lifter=22.0,
          remove_dc_offset=True, low_freq=20.0, high_freq=0.0, frame_length_ms=25.0, frame_shift_ms=10.0):
    o = kaldi_native_fbank.MfccOptions()
    f, m = o.frame_opts, o.mel_opts
    f.samp_freq, f.dither, f.window_type, f.preemph_coeff, f.remove_dc_offset = rate, 0, window_type, preemph_coeff, remove_dc_offset
    f.frame_length_ms, f.frame_shift_ms, f.snip_edges = frame_length_ms, frame_shift_ms, True
    m.num_bins, m.low_freq, m.high_freq = num_bins, low_freq, high_freq
    o.num_ceps, o.cepstral_lifter, o.use_energy = num_ceps, cepstral_lifter, False
    o.frame_opts, o.mel_opts = f, m
    mfcc = kaldi_native_fbank.OnlineMfcc(o)
    mfcc.accept_waveform(rate, (y * 32768).tolist())
    mfcc.input_finished()
    return np.stack([mfcc.get_frame(i) for i in range(mfcc.num_frames_ready)])


def torchaudio(y, rate, n_mfcc=40, n_fft=400, win_length=None, hop_length=200, n_mels=128, f_min=0.0, f_max=None, norm=None,
               mel_scale="htk"):
    """torchaudio.transforms.MFCC by its documented formulas: Spectrogram, melscale_fbanks, AmplitudeToDB, create_dct."""
    win_length = win_length or n_fft
    z = torch.stft(torch.tensor(y), n_fft, hop_length, win_length, torch.hann_window(win_length), center=True,
                   pad_mode="reflect", return_complex=True)
    spectrogram = z.abs() ** 2
    def to_mel(f):
        if mel_scale == "htk": return 2595 * np.log10(1 + f / 700)
        return 3 * f / 200 if f < 1000 else 15 + np.log(f / 1000) / (np.log(6.4) / 27)
    def to_hertz(m):
        if mel_scale == "htk": return 700 * (10 ** (m / 2595) - 1)
        return np.where(m < 15, 200 * m / 3, 1000 * np.exp(np.log(6.4) / 27 * (m - 15)))
    top = rate // 2 if f_max is None else f_max
    frequencies = np.linspace(0, rate // 2, n_fft // 2 + 1)
    points = to_hertz(np.linspace(to_mel(f_min), to_mel(top), n_mels + 2))
    slopes = points[None, :] - frequencies[:, None]
    width = np.diff(points)
    bank = np.maximum(0, np.minimum(-slopes[:, :-2] / width[:-1], slopes[:, 2:] / width[1:]))
    if norm == "slaney": bank = bank * (2 / (points[2:] - points[:-2]))[None, :]
    mel = spectrogram.T @ torch.tensor(bank, dtype=torch.float32)
    db = 10 * torch.log10(torch.clamp(mel, min=1e-10))
    db = torch.maximum(db, db.max() - 80)
    k = np.arange(n_mfcc)[:, None]
    dct = np.cos(np.pi / n_mels * (np.arange(n_mels) + 0.5) * k) * np.sqrt(2 / n_mels)
    dct[0] /= np.sqrt(2)
    return (db @ torch.tensor(dct.T, dtype=torch.float32)).numpy()


def of_sound(cases, name, y, rate, most, speech=None):
    """Every feature of one sound; `speech` is the same at 16 kHz."""
    for s in STFT:
        cases.add("magnitude", name, np.abs(librosa.stft(y, **s)).T, most, **s)
    z = librosa.stft(y, n_fft=512, hop_length=256).T
    cases.add("spectrum", name, np.stack([z.real, z.imag], -1).reshape(len(z), -1), most, n_fft=512, hop_length=256)
    z = librosa.stft(y, n_fft=375, hop_length=256).T
    cases.add("spectrum", name, np.stack([z.real, z.imag], -1).reshape(len(z), -1), most, n_fft=375, hop_length=256)
    for s in MEL:
        cases.add("melspectrogram", name, librosa.feature.melspectrogram(y=y, sr=rate, **s).T, most, **s)
    for s in MFCC:
        cases.add("mfcc", name, librosa.feature.mfcc(y=y, sr=rate, **s).T, most, **s)
    mel = librosa.feature.melspectrogram(y=y, sr=rate, n_mels=40)
    for s in DB:
        given = {**s, "ref": np.max} if s.get("ref") == "max" else s
        cases.add("power_to_db", name, librosa.power_to_db(mel, **given).T, most, **s)
    mfcc = librosa.feature.mfcc(y=y, sr=rate, n_mfcc=13)
    for s in DELTA:
        cases.add("delta", name, librosa.feature.delta(mfcc, **s).T, most, **s)
    for s in FRAMES:
        cases.add("rms", name, librosa.feature.rms(y=y, **s).T, most, **s)
        cases.add("zero_crossing_rate", name, librosa.feature.zero_crossing_rate(y, **s).T, most, **s)
    cases.add("rms", name, librosa.feature.rms(y=y, pad_mode="reflect").T, most, pad_mode="reflect")
    for orig, target, kind in RATES:
        result = librosa.resample(y, orig_sr=orig or rate, target_sr=target, res_type=kind)
        cases.add("resample", name, result[:, None], most, orig_sr=orig or rate, target_sr=target, res_type=kind)
    summary = [mfcc.mean(1), mfcc.std(1), mfcc.min(1), mfcc.max(1)] + [np.percentile(mfcc, q, axis=1) for q in (0, 5, 25, 50, 90, 100)]
    cases.add("statistics", name, np.concatenate(summary)[None], most)
    if speech is not None:
        # Not the chirp: next to a loud pure tone kaldi_native_fbank's single precision leaves the true values by several
        # tolerances (52 without the noise, against the same formulas in double precision).
        for s in KALDI if name != "chirp" else []: cases.add("kaldi", name, kaldi(speech, 16000, **s), most, **s)
        for s in TORCHAUDIO: cases.add("torchaudio", name, torchaudio(speech, 16000, **s), most, **s)


def synthetic():
    cases = Cases()
    for name, rate, x in sounds():
        y = (x / np.float32(32768)).astype(np.float32)
        speech = y if rate == 16000 else librosa.resample(y, orig_sr=rate, target_sr=16000)
        of_sound(cases, name, y, rate, 260, speech)
    for name in ("hann", "hamming", "blackman", "boxcar"):
        for count in (1, 2, 3, 16, 400, 1025):
            for periodic in (True, False):
                w = scipy.signal.get_window(name, count, fftbins=periodic)
                cases.add("window", None, w[:, None], 200, window=name, count=count, periodic=periodic)
    hann = scipy.signal.get_window("hann", 400, fftbins=False)
    cases.add("window", None, hann[:, None] ** 0.85, 200, window="povey", count=400, periodic=False)
    for s in [dict(), dict(sr=16000, n_fft=512, n_mels=40), dict(sr=16000, htk=True), dict(sr=44100, n_mels=80, fmin=30.0, fmax=18000.0),
              dict(norm=None), dict(sr=24414, n_fft=1001), dict(sr=8000, n_fft=256, n_mels=23, htk=True, norm=None), dict(fmax=12000.0, n_mels=1),
              dict(sr=16000, n_fft=400, n_mels=128)]:
        cases.add("mel", None, librosa.filters.mel(**{"sr": 22050, "n_fft": 2048, **s}), 1500, **s)
    random = np.random.Generator(np.random.PCG64(2))
    for n in (1, 2, 3, 13, 23, 40, 128, 257):
        x = random.standard_normal((7, n)).astype(np.float32)
        cases.add("dct", None, np.concatenate([x, scipy.fft.dct(x.astype(float), type=2, norm="ortho")]), 4000, count=n)
    cases.write("reference")


def real(folder):
    cases = Cases()
    for path in REAL:
        y, rate = librosa.load(os.path.join(folder, path), sr=None)
        of_sound(cases, path, y, rate, 130, librosa.resample(y, orig_sr=rate, target_sr=16000))
        y, _ = librosa.load(os.path.join(folder, path))  # the default way: 22,050 Hz by soxr HQ
        cases.add("load", path, y[:, None], 130)
        cases.add("load_mfcc", path, librosa.feature.mfcc(y=y, sr=22050, n_mfcc=40).T, 260, n_mfcc=40)
    cases.write("real")


if __name__ == "__main__":
    write_sounds()
    synthetic()
    if len(sys.argv) > 1: real(sys.argv[1])
