// Package services holds the definitions of the services that come with the
// program, as files that a civil servant can read and change. A folder with the
// same shape given by configuration takes their place.
//
//	lists.yaml            categories, types, life situations, kinds of documents
//	agencies.yaml         the agencies
//	<agency>/<code>.yaml  a service: texts, form, documents, term, routing, examples
package services

import "embed"

// FS is the folder of the definitions.
//
//go:embed *.yaml */*.yaml
var FS embed.FS
