// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
// A package as a user would write it: it depends on SER, composes networks of its own, and writes layers and
// optimisers of its own.
import PackageDescription

let products: [Target.Dependency] = [
    .product(name: "SERCore", package: "SER"), .product(name: "SERAudio", package: "SER"),
    .product(name: "SERModels", package: "SER"), .product(name: "SERTraining", package: "SER"),
    .product(name: "SERSyntheticSpeech", package: "SER"),
]

let package = Package(
    name: "OutsidePackage",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "SER", path: "../..")],
    targets: [
        .executableTarget(name: "own-network", dependencies: products),
        .executableTarget(name: "own-layers", dependencies: products),
        .executableTarget(name: "own-training", dependencies: products),
        // What only recognises links no corpora, no training, no pages.
        .executableTarget(
            name: "own-app",
            dependencies: [.product(name: "SERModels", package: "SER")]),
        // The same with the recognizer that comes with the library.
        .executableTarget(
            name: "own-voice",
            dependencies: [
                .product(name: "SERModels", package: "SER"), .product(name: "SERPretrained", package: "SER"),
            ]),
    ]
)
