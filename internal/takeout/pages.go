package takeout

import (
	"context"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// copiesPage lists the copies and asks for another.
type copiesPage struct {
	Copies []Copy
	Now    time.Time
	Format web.Field
	Wrong  i18n.Text // what stood in the way; zero for nothing
	Asked  bool      // one was just asked for
	Life   time.Duration
}

func newFormatField(value string) web.Field {
	if !Format(value).valid() {
		value = string(Both)
	}
	return web.Field{Name: "format", Label: i18n.K("takeout.format"), Value: value}
}

func formatOptions() (all []ui.Option) {
	for _, f := range Formats() {
		all = append(all, ui.Option{Value: string(f), Text: f.Text(), Hint: i18n.K("takeout.format_" + string(f) + "_hint")})
	}
	return all
}

// days is a term in whole days.
func days(d time.Duration) int { return int(d / day) }

// tag is the state of a copy in a word.
func (p copiesPage) tag(c Copy) ui.Tag {
	switch {
	case c.State == Asked:
		return ui.Tag{Text: i18n.K("takeout.state_asked"), Tone: ui.Info}
	case c.State == Failed:
		return ui.Tag{Text: i18n.K("takeout.state_failed"), Tone: ui.Danger}
	case c.Open(p.Now):
		return ui.Tag{Text: i18n.K("takeout.state_ready"), Tone: ui.Success}
	}
	return ui.Tag{Text: i18n.K("takeout.state_gone")}
}

// row says what a copy is.
func (p copiesPage) row(ctx context.Context, c Copy) ui.RowItem {
	row := ui.RowItem{LinkTo: ui.LinkTo{Title: i18n.K("takeout.copy_of", "at", i18n.When(ctx, c.AskedAt)), Text: c.Format.Text(), Icon: "archive"}}
	if c.Open(p.Now) {
		row.Note = i18n.T(ctx, "takeout.copy_until", "size", i18n.Bytes(ctx, c.Size), "at", i18n.When(ctx, c.Until))
	}
	return row
}

// confirmForm asks for the code of a copy.
type confirmForm struct {
	Format Format
	CodeID string
	Sent   account.Code
	Code   web.Field
}

func newConfirmForm(format, codeID string) confirmForm {
	return confirmForm{Format: Format(format), CodeID: codeID,
		Code: web.Field{Name: "code", Label: i18n.K("account.code"), Missing: i18n.K("account.code_missing"), Max: 20}}
}

// deletionPage explains a deletion, or tells of one that waits.
type deletionPage struct {
	Deletion
	Staff   bool
	Kept    []string // message keys
	Sure    web.Field
	Wait    time.Duration
	KeepFor time.Duration
	Back    bool // a deletion was just taken back
}

func newSureField() web.Field {
	return web.Field{Name: "sure", Label: i18n.K("takeout.sure"), Missing: i18n.K("takeout.sure_missing")}
}

// years is how long the law wants things kept, in whole years.
func (p deletionPage) years() int { return int(p.KeepFor / (365 * day)) }

// shown reports whether a field is worth a line for people: what only machines
// need, and what is empty, is not.
func shown(ctx context.Context, f export.Field) bool {
	return !f.Label.IsZero() && (f.Text(ctx) != "" || len(f.Records()) > 0)
}
