import SERCore

extension Model {
    /// How many numbers are learned.
    public var parameterCount: Int { parameters.scalarCount }

    /// A table of the layers with the shapes that come out and the numbers they learn.
    public func summary() -> String {
        let shapes = Dictionary(grouping: graph.parameterDeclarations.indices) { index in
            graph.scopes.firstIndex { $0.parameters.contains { $0.index == index } } ?? 0
        }
        var rows = [["Layer", "Kind", "Output", "Parameters"]]
        rows.append(["input", "", "\(graph.input)", "0"])
        for (index, node) in graph.nodes.enumerated() {
            let count = (shapes[index] ?? []).reduce(0) { sum, declaration in
                sum + graph.parameterDeclarations[declaration].declaration.shape.reduce(1, *)
            }
            rows.append([node.path, type(of: node.layer).kind, "\(node.shape)", grouped(count)])
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 3 ? padding + cell.0 : cell.0 + padding
            }.joined(separator: "  ")
        }
        let rule = String(repeating: "-", count: widths.reduce(0, +) + 6)
        var text = [lines[0], rule] + lines.dropFirst()
        text += [rule, "\(grouped(parameterCount)) parameters, \(grouped(state.scalarCount)) numbers of running state"]
        return text.joined(separator: "\n")
    }
}

/// 1404871 as 1,404,871.
func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    groups.insert(digits, at: 0)
    return (number < 0 ? "-" : "") + groups.joined(separator: ",")
}
