import ArgumentParser
import SERModels

@main
struct Ser: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ser", abstract: "Speech emotion recognition.")
}
