// SPDX-License-Identifier: Apache-2.0
// Writes the public declarations of modules, as their symbol graphs have them, a declaration a line:
//   public-api GRAPHS OUTPUT MODULE...
// Scripts/api compiles and runs this; it is no part of the package. GRAPHS holds the symbol graphs and `ser.json`, what
// `ser --experimental-dump-help` prints. Exits with 1 when a declaration has no doc comment.
import Foundation

/// What the compiler says of one module, or (in a file `Module@Other.symbols.json`) of its extensions of another.
struct SymbolGraph: Decodable {
    var metadata: Metadata
    var module: Module
    var symbols: [Symbol]
    var relationships: [Relationship]

    struct Metadata: Decodable { var generator: String }
    struct Module: Decodable { var platform: Platform }
    struct Platform: Decodable { var operatingSystem: System }
    struct System: Decodable { var name: String }
    struct Relationship: Decodable { var kind, source, target: String; var targetFallback: String? }
}

struct Symbol: Decodable {
    var kind: Kind
    var identifier: Identifier
    var pathComponents: [String]
    var declarationFragments: [Fragment]
    var swiftExtension: Extension?
    var docComment: Comment?

    struct Kind: Decodable { var identifier: String }
    struct Identifier: Decodable { var precise: String }
    struct Fragment: Decodable { var kind, spelling: String; var preciseIdentifier: String? }
    struct Extension: Decodable { var extendedModule: String; var constraints: [Constraint]? }
    struct Constraint: Decodable { var kind, lhs, rhs: String }
    struct Comment: Decodable {}

    var path: String { pathComponents.joined(separator: ".") }
    var isType: Bool {
        ["swift.struct", "swift.enum", "swift.class", "swift.actor", "swift.protocol"].contains(kind.identifier)
    }
    var isExtension: Bool { kind.identifier == "swift.extension" }

    /// The declaration on one line; a type's with its whole path and without what it conforms to.
    var declaration: String {
        var text = ""
        for fragment in declarationFragments {
            let isName = isType && fragment.kind == "identifier" && fragment.spelling == pathComponents.last
            let isTarget = kind.identifier == "swift.typealias" && fragment.kind == "typeIdentifier"
            let module = isTarget ? fragment.preciseIdentifier?.mangledModule.map { $0 + "." } : nil
            text += isName ? path : (module ?? "") + fragment.spelling
        }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard isType, let colon = words.firstIndex(of: ":"), !words[..<colon].contains("where") else {
            return words.joined(separator: " ")
        }
        return (words[..<colon] + words[colon...].drop { $0 != "where" }).joined(separator: " ")
    }

    /// ` where ...`, for a member of an extension that needs something of its type.
    var condition: String {
        let constraints = (swiftExtension?.constraints ?? []).filter { $0.lhs != "Self" }
        return constraints.isEmpty
            ? ""
            : " where "
                + constraints.map { "\($0.lhs)\($0.kind == "sameType" ? " ==" : ":") \($0.rhs)" }.sorted()
                .joined(separator: ", ")
    }

    /// Where a member stands among the others of its type.
    var order: Int {
        let kinds = [
            "swift.associatedtype", "swift.typealias", "swift.enum.case", "swift.type.property", "swift.property",
            "swift.init", "swift.type.subscript", "swift.subscript", "swift.type.method", "swift.method",
            "swift.func.op",
        ]
        return kinds.firstIndex(of: kind.identifier) ?? kinds.count
    }
}

/// A type or extension with its members.
struct Section {
    var heading: String
    var conformances: Set<String> = []
    var members: [Symbol] = []

    var lines: [String] {
        let stated = conformances.sorted().joined(separator: ", ")
        let parts = heading.components(separatedBy: " where ")
        let head = parts[0] + (stated.isEmpty ? "" : ": \(stated)")
        let indent = heading.isEmpty ? "" : "    "
        let sorted = members.map { (order: $0.order, name: $0.pathComponents.last ?? "", text: $0.declaration) }
            .sorted { ($0.order, $0.name, $0.text) < ($1.order, $1.name, $1.text) }
        return (heading.isEmpty ? [] : [([head] + parts.dropFirst()).joined(separator: " where ")])
            + sorted.map { indent + $0.text }
    }
}

extension String {
    /// The name of the module that a type's mangled name (`s:7SERCore5ShapeV`) begins with.
    var mangledModule: String? {
        guard hasPrefix("s:"), let length = Int(dropFirst(2).prefix { $0.isNumber }) else { return nil }
        return String(dropFirst(2).drop { $0.isNumber }.prefix(length))
    }
}

/// All graphs of the modules, and what they say together of protocols.
struct Library {
    var graphs: [String: [SymbolGraph]] = [:]
    /// Names of types by the compiler's own names for them.
    var names: [String: String] = [:]
    /// What a protocol's conformance says as well; those of the standard library are not in the graphs.
    var implied: [String: Set<String>] = [
        "Hashable": ["Equatable"], "Error": ["Sendable"], "LocalizedError": ["Error", "Sendable"],
        "Comparable": ["Equatable"],
    ]

    /// Conformances that every type has or that follow from others, which only one compiler version may list.
    static let silent: Set = ["Copyable", "Escapable", "SendableMetatype", "BitwiseCopyable"]
    /// Members that a conformance in the heading asks for, written out or made by the compiler.
    static let understood: Set = ["init(from:)", "encode(to:)", "hash(into:)", "init(rawValue:)", "==(_:_:)"]

    init(folder: URL, modules: [String]) throws {
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let name = file.lastPathComponent
            guard name.hasSuffix(".symbols.json") else { continue }
            let module = String(name.dropLast(".symbols.json".count).prefix { $0 != "@" })
            guard modules.contains(module) else { continue }
            graphs[module, default: []].append(
                try JSONDecoder().decode(SymbolGraph.self, from: Data(contentsOf: file)))
        }
        let all = graphs.values.joined()
        for symbol in all.flatMap(\.symbols) { names[symbol.identifier.precise] = symbol.path }
        var direct = implied
        let protocols = Set(all.flatMap(\.symbols).filter { $0.kind.identifier == "swift.protocol" }.map(\.path))
        for relation in all.flatMap(\.relationships) where relation.kind == "conformsTo" {
            guard let source = names[relation.source], protocols.contains(source) else { continue }
            direct[source, default: []].insert(target(of: relation))
        }
        for name in direct.keys {
            var reached: Set<String> = []
            var open = direct[name] ?? []
            while let next = open.popFirst() {
                if reached.insert(next).inserted { open.formUnion(direct[next] ?? []) }
            }
            implied[name] = reached
        }
    }

    func target(of relation: SymbolGraph.Relationship) -> String {
        names[relation.target]
            ?? relation.targetFallback.map { $0.split(separator: ".").last.map(String.init) ?? $0 } ?? relation.target
    }

    /// Without what others among them imply.
    func reduced(_ conformances: Set<String>) -> Set<String> {
        var stated = conformances.subtracting(Self.silent)
        stated.subtract(stated.reduce(into: Set<String>()) { $0.formUnion(implied[$1] ?? []) })
        if stated.isSuperset(of: ["Decodable", "Encodable"]) {
            stated.subtract(["Decodable", "Encodable"])
            stated.insert("Codable")
        }
        return stated
    }

    /// The sections of a module by what they are sorted by.
    func sections(of module: String) -> [Section] {
        var sections: [String: Section] = [:]
        let graphs = graphs[module] ?? []
        let relations = graphs.flatMap(\.relationships)
        let requirements = Set(
            relations.filter { ["requirementOf", "optionalRequirementOf"].contains($0.kind) }.map(\.source))
        let symbols = graphs.flatMap(\.symbols)
        let types = Dictionary(symbols.filter(\.isType).map { ($0.path, $0) }) { first, _ in first }
        var keys: [String: String] = [:]

        func key(_ owner: String, _ symbol: Symbol) -> String {
            let heading: String
            if let type = types[owner] {
                let isBeside =
                    type.kind.identifier == "swift.protocol" && !symbol.isType
                    && !requirements.contains(symbol.identifier.precise) && symbol.order > 1
                let isPlain = symbol.isType || (!isBeside && symbol.condition.isEmpty)
                heading = isPlain ? type.declaration : "extension \(owner)\(symbol.condition)"
            } else if owner.isEmpty {
                heading = ""
            } else {
                let module = symbol.swiftExtension.map { $0.extendedModule + "." } ?? ""
                heading = "extension \(module)\(owner)\(symbol.condition)"
            }
            let key = "\(owner) \(heading.hasPrefix("extension") ? "1" : "0") \(heading)"
            if sections[key] == nil { sections[key] = Section(heading: heading) }
            return key
        }

        for symbol in symbols {
            if symbol.isType || symbol.isExtension {
                keys[symbol.identifier.precise] = key(symbol.path, symbol)
            } else if !Self.understood.contains(symbol.pathComponents.last ?? "") {
                let owner = symbol.pathComponents.dropLast().joined(separator: ".")
                sections[key(owner, symbol)]?.members.append(symbol)
            }
        }
        for relation in relations where ["conformsTo", "inheritsFrom"].contains(relation.kind) {
            guard let key = keys[relation.source] else { continue }
            sections[key]?.conformances.insert(target(of: relation))
        }
        // An extension of another module's type that adds nothing which is written out says nothing.
        return sections.sorted { $0.key < $1.key }
            .map { Section(heading: $1.heading, conformances: reduced($1.conformances), members: $1.members) }
            .filter { !$0.heading.hasPrefix("extension") || !$0.members.isEmpty || !$0.conformances.isEmpty }
    }

    /// The file of a module.
    func text(of module: String) -> String {
        let graph = graphs[module]?.first
        let version = graph?.metadata.generator.split(separator: " ").first { $0.first?.isNumber == true } ?? "?"
        let compiler = version.split(separator: ".").prefix(2).joined(separator: ".")
        let system = graph?.module.platform.operatingSystem.name ?? "?"
        let head = "// Public API of \(module), written by Scripts/api with Swift \(compiler) on \(system)."
        return ([head] + sections(of: module).flatMap { [""] + $0.lines }).joined(separator: "\n") + "\n"
    }

    /// Public declarations without a doc comment.
    func uncommented(in module: String) -> [String] {
        (graphs[module] ?? []).flatMap(\.symbols)
            .filter { $0.docComment == nil && !$0.isExtension }
            .filter { !Self.understood.contains($0.pathComponents.last ?? "") }
            .map { "\(module).\($0.path): \($0.declaration)" }.sorted()
    }
}

let arguments = CommandLine.arguments
let modules = Array(arguments.dropFirst(3))
let (graphs, output) = (URL(fileURLWithPath: arguments[1]), URL(fileURLWithPath: arguments[2]))
func write(_ text: String, _ name: String) throws {
    try text.write(to: output.appendingPathComponent("\(name).txt"), atomically: true, encoding: .utf8)
}
let library = try Library(folder: graphs, modules: modules)
for module in modules { try write(library.text(of: module), module) }
try write(CommandHelp.digest(Data(contentsOf: graphs.appendingPathComponent("ser.json"))), "ser")
let uncommented = modules.flatMap(library.uncommented)
for line in uncommented { print("no doc comment: \(line)") }
exit(uncommented.isEmpty ? 0 : 1)
