// SPDX-License-Identifier: Apache-2.0
// Tells how modules and folders use each other, from the compiler's own index:
//   structure ROOT STORE [--check] [--ties FOLDER FOLDER]
// Scripts/structure compiles and runs this; it is no part of the package.
import Foundation

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("structure ROOT STORE [--check] [--ties FOLDER FOLDER]")
    exit(64)
}
let root = URL(fileURLWithPath: arguments[1]).resolvingSymlinksInPath().path
guard let index = Index(store: arguments[2], root: root) else {
    print("there is no index in \(arguments[2]): build first, with --enable-index-store in release")
    exit(1)
}
let sources = FileManager.default.enumerator(atPath: root + "/Sources")?.compactMap { $0 as? String } ?? []
let files = sources.filter { $0.hasSuffix(".swift") }.map { "Sources/" + $0 }.sorted()
let structure = Structure(index, files: files)

if let place = arguments.firstIndex(of: "--ties"), arguments.count > place + 2 {
    let (from, to) = (arguments[place + 1], arguments[place + 2])
    for tie in (structure.ties[from]?[to] ?? []).sorted(by: { ($0.user, $0.symbol) < ($1.user, $1.symbol) }) {
        print("\(tie.user) uses \(tie.symbol) of \(tie.owner)")
    }
    exit(0)
}

let page = root + "/Docs/Architecture.md"
let begin = "<!-- made by Scripts/structure -->\n", end = "\n<!-- end -->"
guard let text = try? String(contentsOfFile: page, encoding: .utf8),
    let first = text.range(of: begin), let last = text.range(of: end, range: first.upperBound..<text.endIndex)
else {
    print("Docs/Architecture.md lacks the lines '\(begin.dropLast())' and '\(end.dropFirst())'")
    exit(1)
}

guard arguments.contains("--check") else {
    print(structure.table)
    let written = text.replacingCharacters(in: first.upperBound..<last.lowerBound, with: structure.table)
    try written.write(toFile: page, atomically: true, encoding: .utf8)
    exit(0)
}

var faults: [String] = []
for circle in structure.circles() {
    faults.append("\(circle.from) and \(circle.to) need each other:")
    faults += circle.ties.prefix(8).map { "  \($0.user) uses \($0.symbol) of \($0.owner)" }
}
for file in files where !index.files.contains(file) {
    faults.append("\(file) is not in the index: build first")
}
for (folder, content) in Dictionary(grouping: files, by: Structure.folder).sorted(by: { $0.key < $1.key })
where content.count > 15 {
    faults.append("\(folder) holds \(content.count) files; 15 at most")
}
for file in files where !file.hasSuffix(".pb.swift") {
    let lines = try String(contentsOfFile: root + "/" + file, encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
    if lines.count - 1 > 450 { faults.append("\(file) has \(lines.count - 1) lines; 450 at most") }
}
if text[first.upperBound..<last.lowerBound] != structure.table {
    faults.append("Docs/Architecture.md shows another structure; run Scripts/structure and commit it")
}
faults.forEach { print($0) }
print(faults.isEmpty ? "\(files.count) files: no folder needs one that needs it" : "the structure has faults")
exit(faults.isEmpty ? 0 : 1)
