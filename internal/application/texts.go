package application

import "embed"

// Texts holds what people read of this feature.
//
//go:embed text*.json
var Texts embed.FS
