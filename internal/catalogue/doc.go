// Package catalogue knows which services there are: it reads their definitions
// from files, publishes them as versions, finds them and shows them.
//
// A service is one file, <agency>/<code>.yaml, beside lists.yaml and
// agencies.yaml (see package services for the ones that come with the program).
// Lint tells everything that is wrong with a folder of them, Test runs the
// examples that each service carries.
//
// Load publishes what changed: a file whose content differs from the latest
// version of its service becomes the next version, if nothing is wrong with it;
// a faulty file leaves the version before it in force. Versions are never
// changed or removed, so a draft stays on the version it was begun with.
// A service whose file is gone is no longer offered; its versions remain.
//
// Cards of all services and the search index stay in memory (about 2 KB a
// service); definitions are read from the database when asked for, and the few
// asked for last are kept. Loading runs beside the start of the process: Ready
// is closed when the catalogue can be shown.
//
// What people search for is counted in memory only, without who asked, and only
// when every word of it stands in the texts of services.
package catalogue
