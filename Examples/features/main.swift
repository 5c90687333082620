// SPDX-License-Identifier: Apache-2.0
// The features of a sound file: swift run -c release features FILE
import Foundation
import SERAudio

guard let path = CommandLine.arguments.dropFirst().first else {
    print("usage: features FILE")
    exit(2)
}
do {
    let clip = try AudioFile.read(at: URL(fileURLWithPath: path), sampleRate: 22_050)
    let features = try MFCC(.librosa, coefficients: 13).extract(clip)
    print("\(clip.duration) s of sound: \(features.frames) frames of \(features.coefficients) coefficients")
    for frame in 0..<min(features.frames, 5) {
        let row = (0..<features.coefficients).map { String(format: "%8.2f", features[frame, $0]) }
        print(row.joined(separator: " "))
    }
} catch {
    FileHandle.standardError.write(Data("features: \(error)\n".utf8))
    exit(1)
}
