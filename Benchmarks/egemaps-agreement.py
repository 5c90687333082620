"""How far EGeMAPS agrees with the openSMILE package on a folder of sound files, and how much faster it is.

    python Benchmarks/egemaps-agreement.py FOLDER [--most COUNT] [--program PROGRAM]

Needs opensmile, soundfile and numpy. Files are WAV of 16 kHz and 16 bits; with --most, so many of them, evenly spread.
Prints, for each group of functionals and of descriptors, the least and the median correlation over the files (over
all frames), every functional below 0.99, and the processor time of one thread a second of sound, of both in turn.
PROGRAM is what this script builds of the library in a folder of its own, if it was built before.
"""
import argparse, os, struct, subprocess, tempfile, time, warnings
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
warnings.filterwarnings("ignore")
import numpy as np, opensmile, soundfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGE = """// swift-tools-version: 6.1
import PackageDescription
let package = Package(
    name: "Agreement", platforms: [.macOS(.v15)], dependencies: [.package(name: "SER", path: "%s")],
    targets: [.executableTarget(name: "agreement", dependencies: [.product(name: "SERAudio", package: "SER")])])
"""
MAIN = """import Foundation
import SERAudio

// agreement functionals|descriptors LIST OUTPUT: for each file of the list its frames, then its values.
let arguments = CommandLine.arguments
let features: any FeatureExtractor = arguments[1] == "functionals" ? EGeMAPS() : EGeMAPSDescriptors()
var output = Data()
var (spent, seconds) = (0.0, 0.0)
for file in try String(contentsOfFile: arguments[2], encoding: .utf8).split(separator: "\\n") {
    let clip = try AudioFile.read(at: URL(fileURLWithPath: String(file)), sampleRate: 16_000)
    let begin = clock()
    let matrix = try features.extract(clip)
    spent += Double(clock() - begin) / Double(CLOCKS_PER_SEC)
    seconds += clip.duration
    withUnsafeBytes(of: Int32(matrix.frames).littleEndian) { output.append(contentsOf: $0) }
    matrix.values.withUnsafeBytes { output.append(contentsOf: $0) }
}
try output.write(to: URL(fileURLWithPath: arguments[3]))
print(spent / seconds)
"""
GROUPS = [
    ("pitch", ("F0semitone",)), ("loudness and level", ("oudness", "equivalentSoundLevel")),
    ("spectral flux", ("spectralFlux",)), ("cepstra", ("mfcc",)), ("jitter and shimmer", ("jitter", "shimmer")),
    ("harmonics to noise", ("HNR",)), ("H1-H2, H1-A3", ("logRelF0-",)),
    ("formant frequencies", ("F1frequency", "F2frequency", "F3frequency")),
    ("formant bandwidths", ("F1bandwidth", "F2bandwidth", "F3bandwidth")),
    ("formant levels", ("F1amplitude", "F2amplitude", "F3amplitude")),
    ("alpha ratio, Hammarberg index", ("alphaRatio", "hammarberg")), ("slopes", ("slope",)),
    ("voiced and unvoiced stretches", ("Segment",))]


def built(folder):
    os.makedirs(os.path.join(folder, "Sources/agreement"))
    for name, text in ("Package.swift", PACKAGE % ROOT), ("Sources/agreement/main.swift", MAIN):
        with open(os.path.join(folder, name), "w") as out: out.write(text)
    subprocess.run(["swift", "build", "-c", "release", "--package-path", folder], check=True)
    return os.path.join(folder, ".build/release/agreement")


def ours(program, kind, columns, listing, folder):
    output = os.path.join(folder, kind)
    printed = subprocess.run([program, kind, listing, output], check=True, stdout=subprocess.PIPE, text=True).stdout
    with open(output, "rb") as file: data = file.read()
    parts, at = [], 0
    while at < len(data):
        count = struct.unpack_from("<i", data, at)[0] * columns
        parts.append(np.frombuffer(data, "<f4", count, at + 4).reshape(-1, columns))
        at += 4 + 4 * count
    return parts, float(printed)


def theirs(level, sounds):
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, level)
    parts, begin = [], time.process_time()
    for x in sounds: parts.append(smile._extract(x[None], 16000)[2])
    return smile.feature_names, parts, (time.process_time() - begin) / (sum(map(len, sounds)) / 16000)


def correlations(own, peer):
    own, peer = np.concatenate(own).astype(float), np.concatenate(peer).astype(float)
    return np.array([1.0 if a.std() == 0 == b.std() else np.corrcoef(a, b)[0, 1] for a, b in zip(own.T, peer.T)])


def table(title, names, values):
    print(f"\n| {title} | columns | least | median |\n|---|---|---|---|")
    for group, words in GROUPS:
        found = [value for name, value in zip(names, values) if any(word in name for word in words)]
        if found: print(f"| {group} | {len(found)} | {min(found):.5f} | {np.median(found):.5f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--most", type=int)
    parser.add_argument("--program")
    arguments = parser.parse_args()
    files = sorted(os.path.join(f, n) for f, _, names in os.walk(arguments.folder) for n in names if n.endswith(".wav"))
    if arguments.most and len(files) > arguments.most:
        files = [files[i * len(files) // arguments.most] for i in range(arguments.most)]
    sounds = [soundfile.read(f, dtype="float32")[0] for f in files]
    print(f"{len(files)} files, {sum(map(len, sounds)) / 16000:.0f} s")
    with tempfile.TemporaryDirectory() as folder:
        program = arguments.program or built(os.path.join(folder, "package"))
        listing = os.path.join(folder, "list")
        with open(listing, "w") as out: out.write("\n".join(files) + "\n")
        ratios = []
        for kind, level, columns in ("functionals", opensmile.FeatureLevel.Functionals, 88), \
                ("descriptors", opensmile.FeatureLevel.LowLevelDescriptors, 25):
            own, spent = ours(program, kind, columns, listing, folder)
            names, peer, peers = theirs(level, sounds)
            ours_again = ours(program, kind, columns, listing, folder)[1]
            if kind == "descriptors": assert [len(m) for m in own] == [len(m) for m in peer]
            values = correlations(own, peer)
            table(kind, names, values)
            print(f"\n{kind}: {(values >= 0.99).sum()} of {columns} correlate by 0.99 or more, "
                  f"{(values >= 0.95).sum()} by 0.95 or more")
            for index in np.argsort(values):
                if values[index] < 0.99: print(f"  {names[index]}: {values[index]:.4f}")
            ratios.append(f"{kind}: {peers * 1000:.2f} ms a second of sound by openSMILE, {spent * 1000:.2f} and "
                          f"{ours_again * 1000:.2f} here: {peers / max(spent, ours_again):.1f} times as fast")
        print("\n" + "\n".join(ratios))


main()
