package desk

import (
	"context"
	"strconv"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
)

// page is the page of operations.
type page struct {
	Operations
	Nav  []ui.Link
	Done i18n.Text // what was just done
	Said i18n.Text // why it was not done
}

// facts are the state of the portal in a few words.
func (p page) facts(ctx context.Context) []ui.Pair {
	database := "SQLite"
	if p.Postgres {
		database = "PostgreSQL"
	}
	count := func(n int) string { return i18n.Number(ctx, int64(n)) }
	return []ui.Pair{
		{Label: i18n.K("desk.waiting"), Value: count(p.Waiting)},
		{Label: i18n.K("desk.running"), Value: count(p.Running)},
		{Label: i18n.K("desk.failed"), Value: count(p.Failed)},
		{Label: i18n.K("desk.version"), Value: p.Version},
		{Label: i18n.K("desk.database"), Value: database},
	}
}

func columns() []ui.Column {
	return []ui.Column{
		{Title: i18n.K("desk.job")}, {Title: i18n.K("desk.at"), Num: true}, {Title: i18n.K("desk.attempts"), Right: true, Num: true},
		{Title: i18n.K("desk.error")}, {Title: i18n.K("desk.start_again"), Hidden: true},
	}
}

func (j Job) attempts() string { return strconv.Itoa(j.Attempts) }

// about names a job to those who do not see beside what a button stands.
func (j Job) about() i18n.Text {
	name := j.Kind + " " + j.ID
	return i18n.Words{RU: name, EN: name}.Text()
}
