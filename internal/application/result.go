package application

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/catalogue"
	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/pdf"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/workcal"
)

// said is what a paper of an application is made of.
type said struct {
	Application
	def       *catalogue.Definition
	agency    catalogue.Agency
	applicant string
	sections  []eform.Section
}

// read gathers what papers and pages tell of an application.
func (s *Service) read(ctx context.Context, a Application) (v said, err error) {
	v.Application = a
	if v.def, err = s.Catalogue.Definition(ctx, a.Service, a.Version); err != nil {
		return v, fmt.Errorf("reading service %s: %w", a.Service, err)
	}
	services, err := s.Catalogue.Catalogue(ctx)
	if err != nil {
		return v, fmt.Errorf("reading agency %s: %w", a.Agency, err)
	}
	v.agency = services.Agency(a.Agency)
	answers, err := s.store.answers(ctx, s.DB, a.Account, a.ID)
	if err != nil {
		return v, fmt.Errorf("reading the answers of %s: %w", a.ID, err)
	}
	v.applicant = answeredName(v.def, answers)
	// The answers that were sent hold everything, so what is known today is not asked.
	v.sections = v.def.Compiled.State(answers, s.env(a.SentAt, nil)).Summary()
	return v, nil
}

// answer returns what was answered in a field, of a group with a line for each
// answer in it; "" for nothing.
func (v said) answer(ctx context.Context, path string) string {
	var lines []string
	for _, section := range v.sections {
		for _, item := range section.Items {
			value := strings.Join(item.Lines(ctx), ", ")
			switch {
			case item.Path == path:
				return value
			case strings.HasPrefix(item.Path, path+".") && value != "" && item.Files == nil:
				lines = append(lines, itemLabel(ctx, item)+": "+value)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// resultPaper writes the document of an approved application.
func (s *Service) resultPaper(ctx context.Context, a Application) (document.Paper, error) {
	v, err := s.read(ctx, a)
	if err != nil {
		return document.Paper{}, err
	}
	o, err := s.store.outcome(ctx, s.DB, a.Account, a.ID)
	if err != nil {
		return document.Paper{}, fmt.Errorf("reading the decision on %s: %w", a.ID, err)
	}
	paper := document.Paper{
		Source: object(a.ID) + "/result", Title: v.def.Result.Title, Agency: v.agency.Name, Number: a.Number, Holder: v.applicant,
		Made: a.ChangeAt, Reason: s.words(ctx, "application.pdf_reason", "number", a.Number),
	}
	if n := v.def.Result.ValidMonths; n > 0 {
		paper.Until = workcal.DateOf(a.ChangeAt.In(s.Location)).AddMonths(n).String()
	}
	ctx = s.russian(ctx, a.ChangeAt)
	if text := v.def.Result.Text.In(ctx); text != "" {
		paper.Body = append(paper.Body, pdf.Para(text))
	}
	if pairs := resultPairs(ctx, v, o); len(pairs) > 0 {
		paper.Body = append(paper.Body, pairs)
	}
	if t := v.def.Result.Table; t != nil {
		paper.Body = append(paper.Body, resultTable(ctx, t, o.Rows))
	}
	if o.Comment != "" {
		paper.Body = append(paper.Body, pdf.Section(i18n.T(ctx, "application.pdf_comment")), pdf.Para(o.Comment))
	}
	return paper, nil
}

func resultPairs(ctx context.Context, v said, o Outcome) (pairs pdf.Pairs) {
	if v.applicant != "" {
		pairs = append(pairs, pdf.Pair{Label: i18n.T(ctx, "application.pdf_applicant"), Value: v.applicant})
	}
	for _, l := range v.def.Result.Lines {
		value := ""
		if path, ok := l.Value.In("answers"); ok {
			value = v.answer(ctx, path)
		} else if name, ok := l.Value.In("data"); ok {
			value = shaped(ctx, l.As, o.Data[name])
		}
		if value != "" {
			pairs = append(pairs, pdf.Pair{Label: l.Label.In(ctx), Value: value})
		}
	}
	return pairs
}

func resultTable(ctx context.Context, t *catalogue.Table, rows []map[string]string) pdf.Block {
	if len(rows) == 0 {
		return pdf.Para(t.None.In(ctx))
	}
	table := pdf.Table{Columns: make([]pdf.Column, len(t.Columns)), Total: make([]string, len(t.Columns))}
	totals := false
	for i, c := range t.Columns {
		table.Columns[i] = pdf.Column{Title: c.Title.In(ctx), Share: float64(c.Share), Right: c.As == catalogue.AsMoney}
		if !c.Total {
			continue
		}
		totals = true
		name, _ := c.Value.In("row")
		var sum int64
		for _, row := range rows {
			n, _ := strconv.ParseInt(row[name], 10, 64) // of a connector: not a number is nothing
			sum += n
		}
		table.Total[i] = i18n.MoneyFull(ctx, sum)
	}
	switch {
	case !totals:
		table.Total = nil
	case table.Total[0] == "":
		table.Total[0] = i18n.T(ctx, "application.pdf_total")
	}
	for _, row := range rows {
		cells := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			name, _ := c.Value.In("row")
			cells[i] = shaped(ctx, c.As, row[name])
		}
		table.Rows = append(table.Rows, cells)
	}
	return table
}

// shaped writes a value of a connector as people read it.
func shaped(ctx context.Context, as catalogue.Shape, value string) string {
	switch as {
	case catalogue.AsMoney:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return i18n.MoneyFull(ctx, n)
		}
	case catalogue.AsDate:
		if d, err := workcal.ParseDate(value); err == nil {
			return i18n.DateShort(ctx, noonOf(d))
		}
	case catalogue.AsMonth:
		if n, err := strconv.Atoi(value); err == nil && n >= 1 && n <= 12 {
			return i18n.T(ctx, "application.month_"+value)
		}
	}
	return value
}

// words says a text in both languages, for papers.
func (s *Service) words(ctx context.Context, key string, args ...any) i18n.Words {
	say := func(lang i18n.Lang) string {
		return i18n.T(s.Texts.With(ctx, lang, s.Location, time.Time{}), key, args...)
	}
	return i18n.Words{RU: say(i18n.RU), EN: say(i18n.EN)}
}

// Receipt opens the sealed confirmation that an application was received. It is
// made when it is asked for the first time. It returns ErrNone.
func (s *Service) Receipt(ctx context.Context, acc, app string) (document.File, io.ReadCloser, error) {
	a, err := s.store.byID(ctx, s.DB, acc, app)
	if err != nil {
		return document.File{}, nil, err
	}
	source := object(a.ID) + "/receipt"
	f, err := s.Documents.BySource(ctx, acc, source)
	if fault.Of(err).Kind == fault.NotFound {
		f.ID, err = s.issueReceipt(ctx, a, source)
	}
	if err != nil {
		return document.File{}, nil, fmt.Errorf("making the receipt of %s: %w", a.ID, err)
	}
	return s.Documents.Open(ctx, acc, f.ID)
}

func (s *Service) issueReceipt(ctx context.Context, a Application, source string) (file string, err error) {
	v, err := s.read(ctx, a)
	if err != nil {
		return "", err
	}
	ru := s.russian(ctx, a.SentAt)
	paper := document.Paper{
		Source: source, Title: s.words(ctx, "application.pdf_receipt"), Agency: v.agency.Name, Number: a.Number, Holder: v.applicant,
		Made: a.SentAt, Reason: s.words(ctx, "application.pdf_reason", "number", a.Number), Type: document.Other,
		Body: append([]pdf.Block{pdf.Para(i18n.T(ru, "application.pdf_receipt_text")), headPairs(ru, v)}, answerBlocks(ru, v.sections)...),
	}
	ready, err := s.Documents.Prepare(ctx, a.Account, paper)
	if err != nil {
		return "", err
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) (err error) {
		file, err = s.Documents.Issue(ctx, tx, a.Account, ready)
		return err
	})
	return file, err
}

// headPairs tells which application a paper is about.
func headPairs(ctx context.Context, v said) pdf.Pairs {
	pairs := pdf.Pairs{
		{Label: i18n.T(ctx, "application.pdf_service"), Value: v.def.Title.In(ctx)},
		{Label: i18n.T(ctx, "application.pdf_agency"), Value: v.agency.Name.In(ctx)},
		{Label: i18n.T(ctx, "application.pdf_number"), Value: v.Number},
		{Label: i18n.T(ctx, "application.pdf_sent"), Value: moment(ctx, v.SentAt)},
	}
	if v.applicant != "" {
		pairs = append(pairs, pdf.Pair{Label: i18n.T(ctx, "application.pdf_applicant"), Value: v.applicant})
	}
	if !v.Due.IsZero() {
		pairs = append(pairs, pdf.Pair{Label: i18n.T(ctx, "application.pdf_due"), Value: i18n.DateFull(ctx, noonOf(v.Due))})
	}
	return pairs
}

// moment is a time of a legal text: always with its year.
func moment(ctx context.Context, t time.Time) string {
	return i18n.DateFull(ctx, t) + ", " + i18n.Clock(ctx, t)
}

func answerBlocks(ctx context.Context, sections []eform.Section) (blocks []pdf.Block) {
	for _, section := range sections {
		var pairs pdf.Pairs
		for _, item := range section.Items {
			if value := strings.Join(item.Lines(ctx), "\n"); value != "" {
				pairs = append(pairs, pdf.Pair{Label: itemLabel(ctx, item), Value: value})
			}
		}
		if len(pairs) > 0 {
			blocks = append(blocks, pdf.Section(section.Step.Title.In(ctx)), pairs)
		}
	}
	return blocks
}

// itemLabel names an answer: with its row, when it stands in one.
func itemLabel(ctx context.Context, item eform.Item) string {
	if row := item.Row.In(ctx); row != "" {
		return row + ": " + item.Label.In(ctx)
	}
	return item.Label.In(ctx)
}

// JournalPDF writes the journal of an application in the reader's language. It
// returns the file and its name, or ErrNone.
func (s *Service) JournalPDF(ctx context.Context, acc, app string) (file []byte, name string, err error) {
	a, err := s.store.byID(ctx, s.DB, acc, app)
	if err != nil {
		return nil, "", err
	}
	v, err := s.read(ctx, a)
	if err != nil {
		return nil, "", err
	}
	events, err := s.store.events(ctx, s.DB, acc, app)
	if err != nil {
		return nil, "", fmt.Errorf("reading the journal of %s: %w", app, err)
	}
	table := pdf.Table{Columns: []pdf.Column{
		{Title: i18n.T(ctx, "application.journal_when"), Share: 2}, {Title: i18n.T(ctx, "application.journal_what"), Share: 5},
		{Title: i18n.T(ctx, "application.journal_status"), Share: 2}, {Title: i18n.T(ctx, "application.journal_who"), Share: 2},
	}}
	for _, e := range events {
		table.Rows = append(table.Rows, []string{shortMoment(ctx, e.At), e.told(ctx), e.Status.Label().In(ctx), e.author(ctx)})
	}
	d := s.Documents.Furniture(ctx, v.agency.Name)
	d.Title, d.Subtitle, d.Made = i18n.T(ctx, "application.pdf_journal"), i18n.T(ctx, "application.number", "number", a.Number), s.Now()
	d.Blocks = append(d.Blocks, headPairs(ctx, v), table)
	if file, err = pdf.Write(d); err != nil {
		return nil, "", fmt.Errorf("writing the journal of %s: %w", app, err)
	}
	return file, i18n.T(ctx, "application.pdf_journal") + " " + a.Number + ".pdf", nil
}

// shortMoment is a time in a table.
func shortMoment(ctx context.Context, t time.Time) string {
	return i18n.DateShort(ctx, t) + ", " + i18n.Clock(ctx, t)
}

// told is what an event says: what happened and the words of who did it.
func (e Event) told(ctx context.Context) string {
	text := i18n.T(ctx, e.What)
	if e.Comment != "" {
		text += ": " + e.Comment
	}
	return text
}

// author names who made an event, as the citizen reads it.
func (e Event) author(ctx context.Context) string {
	switch {
	case e.By == ByCitizen:
		return i18n.T(ctx, "application.you")
	case e.By == BySystem:
		return i18n.T(ctx, "application.auto")
	case e.Who != "":
		return e.Who
	}
	return i18n.T(ctx, "application.clerk")
}
