// SPDX-License-Identifier: Apache-2.0

/// The folder that all files lie in, with a slash at its end.
package func commonFolder(of paths: [String]) -> String {
    guard var common = paths.first.map({ $0.split(separator: "/").dropLast() }) else { return "" }
    for path in paths {
        let parts = path.split(separator: "/").dropLast()
        common = common.prefix(zip(common, parts).prefix { $0 == $1 }.count)
    }
    return common.isEmpty ? "/" : "/" + common.joined(separator: "/") + "/"
}
