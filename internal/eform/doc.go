// Package eform is the form engine: it turns the definition of a form into
// steps, conditions, calculated values, checks and drafts. It knows no service
// by name; the file of a service embeds a [Form] under the key "form".
//
// A [Form] is checked once by [Form.Compile]. [Compiled.State] then looks at
// [Answers], and the [State] says which steps and fields are asked, what is
// wrong, what to show for looking over, and what is sent.
//
// Invariants:
//   - An answer that is not given, cannot be read or belongs to a hidden field
//     is not given for every expression: a condition that hangs on it is not
//     met, a check that hangs on it is not made. Hidden answers are kept in the
//     draft, so that a change of mind loses nothing, and dropped at sending.
//   - What is known from a person's profile (see [Facts]) and is not editable
//     comes from there at every look; what a browser posts for it is of no
//     account.
//   - What is typed is kept as typed until it can be read; canonical text reads
//     as itself.
//   - Expressions are CEL, typed, without access to anything but the answers
//     and today, with a limit on size and cost. Their errors never carry
//     answers.
//
// A [Draft] keeps answers until they are sent, sealed and on the version of the
// form it began with. What was typed is saved even when it is wrong. Changes
// are remembered per answer, so two tabs merge, and a clash shows both answers.
// [Service.Take] does all that a posted step asks for; [StepFields] draws a
// step, which works without script. With script the same fields are asked for
// again after each answer, so that every rule lives on the server alone.
//
// Files of a draft are among the person's documents from the moment they are
// attached; they are held fast when the application is sent, not before.
//
// The package does not decide who may apply, what a service costs or where an
// application goes: the service has its own expressions for that, which
// [Compiled.Rule] compiles over the same names.
package eform
