package document

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

// Schema is the tables of this feature. Of a person who leaves, Erase removes
// what goes at once, and later the rest with its contents.
func Schema() schema.Feature {
	return schema.Feature{Name: "document", FS: migrations, Tables: []schema.Table{
		{Name: "document_file", Owner: "account", Kept: "document.kept"},
		{Name: "document_use", Owner: "account", Kept: "document.kept"},
		{Name: "document_issued", Owner: "account", Kept: "document.kept"},
		{Name: "document_lookup", Kept: "document.kept", Why: "lookup: whoever holds a paper or a file does not know whose it is"},
	}}
}
