// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
// The fuzz targets, in a package of their own: they see what users see, and are built by Scripts/fuzz alone, with
// libFuzzer and the sanitizers. Built otherwise they do not link, for libFuzzer brings the main function.
import PackageDescription

let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "SER", path: "..")],
    targets: [
        // In C because it runs within every allocation.
        .target(name: "CFuzzCost"),
        .executableTarget(
            name: "SERFuzz",
            dependencies: [
                "CFuzzCost",
                .product(name: "SERCore", package: "SER"), .product(name: "SERAudio", package: "SER"),
                .product(name: "SERModels", package: "SER"), .product(name: "SERTraining", package: "SER"),
                .product(name: "SERReports", package: "SER"), .product(name: "SERInterchange", package: "SER"),
            ]),
    ]
)
