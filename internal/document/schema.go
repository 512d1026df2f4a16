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

// Schema is the tables of this feature.
func Schema() schema.Feature {
	return schema.Feature{Name: "document", FS: migrations, Tables: []schema.Table{
		{Name: "document_file", Owner: "account"},
		{Name: "document_use", Owner: "account"},
		{Name: "document_issued", Owner: "account"},
		{Name: "document_lookup", Why: "lookup: whoever holds a paper or a file does not know whose it is"},
	}}
}
