package ui

import "embed"

// Texts holds the texts of the platform: keys "ui.*", "web.*" and "fault.*".
//
//go:embed text*.json
var Texts embed.FS
