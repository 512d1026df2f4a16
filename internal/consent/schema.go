package consent

import (
	"embed"

	"kabinet/internal/platform/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Texts holds what this package says.
//
//go:embed text*.json
var Texts embed.FS

// Schema is the tables of this feature.
func Schema() schema.Feature {
	return schema.Feature{Name: "consent", FS: migrations, Tables: []schema.Table{
		{Name: "consent", Owner: "account", Person: "account", Kept: "consent.kept"},
		{Name: "consent_end", Owner: "account", Person: "account", Kept: "consent.kept"},
	}}
}
