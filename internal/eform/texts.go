package eform

import "embed"

// Texts holds what the engine says, in both languages.
//
//go:embed text.ru.json text.en.json
var Texts embed.FS
