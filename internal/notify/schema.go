package notify

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

// Schema is the tables of this package.
func Schema() schema.Feature {
	return schema.Feature{Name: "notify", FS: migrations, Tables: []schema.Table{
		{Name: "notice", Owner: "account", Person: "account"},
		{Name: "delivery", Owner: "account", Person: "account"},
	}}
}
