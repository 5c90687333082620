// swift-tools-version: 6.1
// A package as a user would write it: it depends on SER and composes a network of its own.
import PackageDescription

let package = Package(
    name: "OutsidePackage",
    platforms: [.macOS(.v14)],
    dependencies: [.package(name: "SER", path: "../..")],
    targets: [
        .executableTarget(
            name: "own-network",
            dependencies: [
                .product(name: "SERCore", package: "SER"), .product(name: "SERAudio", package: "SER"),
                .product(name: "SERModels", package: "SER"),
            ])
    ]
)
