package register

import "embed"

// Texts holds what people read about registers: keys "register.*".
//
//go:embed text*.json
var Texts embed.FS
