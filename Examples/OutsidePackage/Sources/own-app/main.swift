// SPDX-License-Identifier: Apache-2.0
// An app that only recognises links `SERModels` alone: no corpora, no training, no pages.
//   swift run own-app MODEL SOUND
import Foundation
import SERModels

guard CommandLine.arguments.count == 3 else {
    print("Name a model file and a sound file, such as: own-app gru.safetensors clip.wav")
    exit(64)
}
let files = CommandLine.arguments.dropFirst().map { URL(fileURLWithPath: $0) }
let recognizer = try Recognizer(contentsOf: files[0])
let prediction = try recognizer.recognize(contentsOf: files[1])
print(prediction)
if !prediction.heard.hasSpeech { print("What it says of sound without speech means nothing.") }
