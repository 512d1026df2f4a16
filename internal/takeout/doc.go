// Package takeout gives people everything the portal keeps of them, and deletes
// their accounts.
//
// A copy is asked for with a code, put together by a job from what each feature
// hands out (platform/export), kept sealed in a folder of its own, told of by a
// notice, and gone after Options.Life. Its download needs a fresh proof of
// identity.
//
// A deletion waits for Options.Wait, in which the person may take it back on any
// page of the settings. Then one transaction removes the rows of every table
// that names a person (schema.Table.Person) but those the law wants kept, which
// go after Options.KeepFor. The audit log stays: it holds IDs, no data.
//
// Invariants:
//   - A copy opens for its account only, once it is whole, and never after its
//     term, whatever became of the file.
//   - Of one account there is at most one deletion that waits.
//   - A deletion that was taken back removes nothing, even when its job runs.
//
// The package does not know what others keep: it joins Options.Parts and
// Options.Tables.
//
// Sources: requirements, B-16; 152-ФЗ art. 14, 21.
package takeout
