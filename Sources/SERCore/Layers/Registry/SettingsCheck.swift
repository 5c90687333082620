// SPDX-License-Identifier: Apache-2.0

extension LayerLimits {
    /// Makes sure that no setting of a layer of the library is beyond ``setting``. Layers of a user's own answer for
    /// theirs, which may be seeds or the like.
    package static func check(_ layer: any Layer) throws(ShapeError) {
        let kind = type(of: layer).kind
        guard isOfTheLibrary(layer), let (name, number) = excess(in: layer, named: kind) else { return }
        throw ShapeError(
            layer: kind, expected: "whole numbers from \(-setting) to \(setting) as its settings",
            got: "\(name) \(number)", hint: "Let the layer be smaller.")
    }

    private static func isOfTheLibrary(_ layer: any Layer) -> Bool {
        LayerRegistry.standard[type(of: layer).kind].map { $0 == type(of: layer) } ?? false
    }

    /// The first whole number among the stored properties of a value that is beyond the bound, with its name.
    private static func excess(in value: Any, named name: String) -> (name: String, number: Int)? {
        if let number = value as? Int {
            return (-setting...setting).contains(number) ? nil : (name, number)
        }
        // A layer inside is checked by itself: it may be a user's own.
        if let nested = value as? NestedLayer {
            return isOfTheLibrary(nested.layer) ? excess(in: nested.layer, named: name) : nil
        }
        let mirror = Mirror(reflecting: value)
        for child in mirror.children {
            // Elements of lists and values of cases go by the name of what holds them.
            let label = mirror.displayStyle == .struct ? child.label : nil
            if let found = excess(in: child.value, named: label ?? name) { return found }
        }
        return nil
    }
}
