package ui

import "embed"

// Texts holds the texts of the platform: keys "ui.*", "web.*" and "fault.*".
//
//go:embed text.ru.json text.en.json
var Texts embed.FS
