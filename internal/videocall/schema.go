package videocall

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
	return schema.Feature{Name: "videocall", FS: migrations, Tables: []schema.Table{
		{Name: "videocall_meeting", Owner: "account", Person: "account"},
		{Name: "videocall_signal", Owner: "account", Person: "account"},
	}}
}
