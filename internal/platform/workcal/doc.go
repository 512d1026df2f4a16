// Package workcal knows which days are worked and counts terms on them.
//
// A Calendar is data with a version: the days off and the worked weekend days
// of each year, as the government decides them every autumn. Nothing is guessed
// from weekdays for a year that is not in the data: such a question is answered
// by a NoYearError, so that an operator learns in time that a year must be
// loaded. Russia returns the calendar that comes with the program; Parse reads
// another one, for instance of a region with holidays of its own.
//
// Due is the last day of a Term. It is always counted anew from the
// beginning, the pauses and the calendar, so that the same facts give the same
// day whenever they are asked for, and a later edition of the calendar moves
// only what is still open.
//
// Source: Civil Code 191–194; docs/sources.md, "xmlcalendar".
package workcal
