// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let package = Package(
    name: "SER",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "SERCore", targets: ["SERCore"]),
        .library(name: "SERAudio", targets: ["SERAudio"]),
        .library(name: "SERModels", targets: ["SERModels"]),
        .library(name: "SERPretrained", targets: ["SERPretrained"]),
        .library(name: "SERTraining", targets: ["SERTraining"]),
        .library(name: "SERReports", targets: ["SERReports"]),
        .library(name: "SERSyntheticSpeech", targets: ["SERSyntheticSpeech"]),
        .library(name: "SERInterchange", targets: ["SERInterchange"]),
        .executable(name: "ser", targets: ["ser"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev", "liblapacke-dev"]), .brew(["openblas"])]),
        .systemLibrary(
            name: "CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"]), .brew(["fftw"])]),
        .systemLibrary(
            name: "CSndFile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"]), .brew(["libsndfile"])]),
        .systemLibrary(
            name: "CSoxr", pkgConfig: "soxr", providers: [.apt(["libsoxr-dev"]), .brew(["libsoxr"])]),
        .systemLibrary(
            name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
        .target(name: "CSERKernels", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
        // In C because a signal handler may touch nothing but lock-free atomics, and a global of Swift is made when it is
        // first touched.
        .target(name: "CSERSignals"),
        .target(name: "SERSupport", dependencies: ["CSERKernels", "CSERSignals"]),
        .target(
            name: "SERCore", dependencies: ["SERSupport", "CSERKernels", "COpenBLAS"],
            // Homebrew's OpenBLAS holds LAPACKE; Debian keeps it in a library of its own.
            linkerSettings: [.linkedLibrary("lapacke", .when(platforms: [.linux]))]),
        .target(
            name: "SERAudio",
            dependencies: ["SERSupport", "CSERKernels", "COpenBLAS", "CFFTW", "CSndFile", "CSoxr"],
            linkerSettings: [.linkedLibrary("lapacke", .when(platforms: [.linux]))]),
        // What a program links that recognises: no corpora, no training, no pages.
        .target(name: "SERModels", dependencies: ["SERCore", "SERAudio", "SERSupport", "CSERKernels"]),
        // Recognizers that were trained by Scripts/train-pretrained. Apart, so that who brings their own carries none.
        .target(
            name: "SERPretrained", dependencies: ["SERModels"], resources: [.copy("Resources/english.safetensors")]),
        .target(name: "SERTraining", dependencies: ["SERModels", "SERCore", "SERAudio", "SERSupport"]),
        .target(
            name: "SERReports", dependencies: ["SERTraining", "SERModels", "SERCore", "SERAudio", "SERSupport", "CPNG"]),
        .target(name: "SERSyntheticSpeech", dependencies: ["SERTraining", "SERAudio", "SERSupport"]),
        // What ser benchmark and ser scale measure: no product.
        .target(
            name: "SERBenchmarks",
            dependencies: [
                "SERReports", "SERTraining", "SERModels", "SERCore", "SERAudio", "SERSupport", "CSERKernels",
            ]),
        // Apart, so that who does not move models to and from other programs does not build the protobuf library.
        .target(
            name: "SERInterchange",
            dependencies: [
                "SERModels", "SERCore", "SERAudio", "SERSupport",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["ONNX/Format/onnx.proto"]),
        .executableTarget(
            name: "ser",
            dependencies: [
                "SERCore", "SERAudio", "SERModels", "SERPretrained", "SERTraining", "SERReports", "SERSyntheticSpeech",
                "SERBenchmarks",
                "SERInterchange", "SERSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                // Serves the live view, on the loopback address alone.
                .product(name: "FlyingFox", package: "FlyingFox"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
            ]),
        .executableTarget(name: "features", dependencies: ["SERAudio"], path: "Examples/features"),
        .executableTarget(
            name: "train", dependencies: ["SERTraining", "SERModels", "SERAudio", "SERCore"],
            path: "Examples/train"),
        .executableTarget(
            name: "cross-validation", dependencies: ["SERTraining", "SERModels", "SERAudio", "SERCore"],
            path: "Examples/cross-validation"),
        .executableTarget(
            name: "custom-network", dependencies: ["SERModels", "SERCore"], path: "Examples/custom-network"),
        .executableTarget(name: "custom-layer", dependencies: ["SERModels", "SERCore"], path: "Examples/custom-layer"),
        .executableTarget(
            name: "residual-lstm", dependencies: ["SERTraining", "SERModels", "SERAudio", "SERCore"],
            path: "Examples/residual-lstm"),
        .testTarget(name: "SERCoreTests", dependencies: ["SERCore", "SERSupport", "CSERKernels"]),
        .testTarget(name: "SERSupportTests", dependencies: ["SERSupport"]),
        .executableTarget(
            name: "model-file-trials", dependencies: ["SERTraining", "SERModels", "SERAudio", "SERCore", "SERSupport"],
            path: "Tests/ModelFileTrials"),
        .testTarget(
            name: "serTests",
            dependencies: [
                "ser", "features", "train", "cross-validation", "custom-network", "custom-layer", "residual-lstm",
                "model-file-trials",
                "SERBenchmarks", "SERReports", "SERTraining", "SERModels", "SERAudio", "SERSupport",
            ]),
        .testTarget(name: "SERAudioTests", dependencies: ["SERAudio", "SERSupport"]),
        .testTarget(
            name: "SERInterchangeTests", dependencies: ["SERInterchange", "SERModels", "SERCore", "SERAudio"],
            exclude: ["check_interchange.py", "torch_models.py"]),
        // What tests of several modules share.
        .target(
            name: "SERTestSupport", dependencies: ["SERTraining", "SERModels", "SERCore", "SERAudio", "SERSupport"],
            path: "Tests/SERTestSupport"),
        .testTarget(name: "SERModelsTests", dependencies: ["SERTestSupport", "SERModels", "SERCore", "SERAudio"]),
        .testTarget(
            name: "SERTrainingTests",
            dependencies: [
                "SERTestSupport", "SERSyntheticSpeech", "SERTraining", "SERModels", "SERCore", "SERAudio", "SERSupport",
            ]),
        .testTarget(
            name: "SERReportsTests",
            dependencies: [
                "SERTestSupport", "SERBenchmarks", "SERReports", "SERTraining", "SERModels", "SERCore", "SERAudio",
                "SERSupport",
            ]),
    ]
)
