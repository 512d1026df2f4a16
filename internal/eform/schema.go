package eform

import (
	"embed"

	"kabinet/internal/platform/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Texts holds what people read of this feature.
//
//go:embed text*.json
var Texts embed.FS

// Schema is the tables of this feature.
func Schema() schema.Feature {
	return schema.Feature{Name: "eform", FS: migrations, Tables: []schema.Table{{Name: "eform_draft", Owner: "account", Person: "account"}}}
}
