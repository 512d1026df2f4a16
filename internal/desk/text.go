package desk

import "embed"

// Texts holds what people read of this feature.
//
//go:embed text.ru.json text.en.json
var Texts embed.FS
