package register

import "embed"

// Texts holds what people read about registers: keys "register.*".
//
//go:embed text.ru.json text.en.json
var Texts embed.FS
