// SPDX-License-Identifier: Apache-2.0
// An app without a model of its own: the recognizer that comes with the library, which rather says nothing than guess.
//   swift run own-voice SOUND
import Foundation
import SERModels
import SERPretrained

guard CommandLine.arguments.count == 2 else {
    print("Name a sound file, such as: own-voice clip.wav")
    exit(64)
}
let recognizer = try Recognizer.pretrained(.english)
let prediction = try recognizer.recognize(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
print("\(prediction.answer ?? "not sure"): \(prediction)")
