package audit

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

// Schema is the table of this package.
func Schema() schema.Feature {
	return schema.Feature{Name: "audit", FS: migrations, Tables: []schema.Table{{Name: "audit_line", Owner: "owner", Kept: "audit.kept"}}}
}
