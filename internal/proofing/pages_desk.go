package proofing

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person"
	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/register"
)

// deskQueue is a part of the queue.
type deskQueue struct {
	Nav     []ui.Link
	Filter  Filter
	Rows    []Waiting
	More    string // cursor of the next page, "" for none
	Waiting int
	Done    i18n.Text
}

func (f Filter) href(after string) string {
	q := url.Values{}
	if f.Closed {
		q.Set("view", "closed")
	}
	if f.Kind != "" {
		q.Set("kind", string(f.Kind))
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return deskPath
	}
	return deskPath + "?" + q.Encode()
}

func (p deskQueue) chips() (all []ui.Choice) {
	count := strconv.Itoa(p.Waiting)
	if p.Waiting >= 1000 {
		count = "999+"
	}
	all = append(all, ui.Choice{Href: deskPath, Text: i18n.K("proofing.desk_open"), Count: count, Current: !p.Filter.Closed && p.Filter.Kind == ""})
	for _, k := range []Kind{Online, Change, Duplicate} {
		all = append(all, ui.Choice{Href: Filter{Kind: k}.href(""), Text: i18n.K("proofing.desk_kind_" + string(k)), Current: !p.Filter.Closed && p.Filter.Kind == k})
	}
	return append(all, ui.Choice{Href: Filter{Closed: true}.href(""), Text: i18n.K("proofing.desk_closed"), Current: p.Filter.Closed})
}

func (p deskQueue) older() string {
	if p.More == "" {
		return ""
	}
	return p.Filter.href(p.More)
}

func (p deskQueue) first() string {
	if p.Filter.After == "" {
		return ""
	}
	return p.Filter.href("")
}

func queueColumns() []ui.Column {
	return []ui.Column{{Title: i18n.K("proofing.desk_person")}, {Title: i18n.K("proofing.desk_kind")}, {Title: i18n.K("proofing.desk_since"), Num: true}}
}

func doneText(do string) i18n.Text {
	switch do {
	case doApprove, doRefuse:
		return i18n.K("proofing.desk_done_" + do)
	}
	return i18n.Text{}
}

// What a verifier can decide: the values of decisionForm.Do.
const (
	doApprove = "approve"
	doRefuse  = "refuse"
)

// decisionForm is how a verifier decides.
type decisionForm struct{ Do, Reason, Words web.Field }

func newDecisionForm() decisionForm {
	choose := i18n.K("proofing.desk_choose")
	return decisionForm{
		Do: web.Field{Name: "do", Label: choose, Missing: choose, Check: func(v string) i18n.Text {
			if v != doApprove && v != doRefuse {
				return choose
			}
			return i18n.Text{}
		}},
		Reason: web.Field{Name: "reason", Label: i18n.K("proofing.desk_reason"), Missing: i18n.K("proofing.reason_missing"), Check: func(v string) i18n.Text {
			if !slices.Contains(reasons, v) {
				return i18n.K("proofing.reason_missing")
			}
			return i18n.Text{}
		}},
		Words: web.Field{Name: "words", Label: i18n.K("proofing.desk_words"), Hint: i18n.K("proofing.desk_words_hint"), Optional: true, Max: 1000},
	}
}

func (f *decisionForm) fields() []*web.Field { return []*web.Field{&f.Do, &f.Reason, &f.Words} }

// read reads what was posted; only a refusal needs a reason.
func (f *decisionForm) read(r *http.Request) bool {
	ok := web.Read(r, &f.Do)
	if f.Do.Value != doRefuse {
		f.Reason.Optional, f.Reason.Check = true, nil
	}
	return web.Read(r, &f.Reason, &f.Words) && ok
}

func reasonOptions() []ui.Option {
	all := []ui.Option{{Text: i18n.K("proofing.desk_reason_choose")}}
	for _, code := range reasons {
		all = append(all, ui.Option{Value: code, Text: i18n.K(reasonText(code))})
	}
	return all
}

// deskCase is a request as a verifier sees it.
type deskCase struct {
	Nav  []ui.Link
	Case Case
	Own  bool // it is about the verifier
	Form decisionForm
	Said i18n.Text
}

func (p deskCase) decidable() bool {
	return p.Case.State == Review && p.Case.Words != moving && !p.Own
}

func (p deskCase) wrong() bool { return len(web.Wrong(p.Form.fields()...)) > 0 }

func (p deskCase) title() i18n.Text {
	return i18n.K("proofing.desk_title", "what", p.kind(), "who", p.Case.Request.Person.FullName())
}

// kind is that of the queue.
func (p deskCase) kind() i18n.Text {
	k := p.Case.Kind
	if p.Case.Request.Other != "" {
		k = Duplicate
	}
	return i18n.K("proofing.desk_kind_" + string(k))
}

func (p deskCase) choices() []ui.Option {
	approve := ui.Option{Value: doApprove, Text: i18n.K("proofing.desk_approve"), Hint: i18n.K("proofing.desk_approve_hint"), Icon: "ok"}
	switch {
	case p.Case.Request.Other != "":
		approve.Text, approve.Hint = i18n.K("proofing.desk_this_one"), i18n.K("proofing.desk_this_one_hint")
	case p.Case.Kind == Change:
		approve.Text, approve.Hint = i18n.K("proofing.desk_change"), i18n.K("proofing.desk_change_hint")
	}
	return []ui.Option{approve, {Value: doRefuse, Text: i18n.K("proofing.desk_refuse"), Hint: i18n.K("proofing.desk_refuse_hint"), Icon: "bad"}}
}

// fact is a datum of a person: as it is claimed and as it is known.
type fact struct {
	label          i18n.Text
	claimed, known string
}

// facts are the data of the parts that are asked for.
func (p deskCase) facts() (all []fact) {
	q, k := p.Case.Request.Person, p.Case.Card.Known
	add := func(label, claimed, known string) { all = append(all, fact{i18n.K(label), claimed, known}) }
	for _, part := range p.Case.Parts {
		switch part {
		case person.Identity:
			add("person.fio", q.FullName(), k.FullName())
			add("person.birth_date", day(q.BirthDate), day(k.BirthDate))
			add("person.birth_place", q.BirthPlace, k.BirthPlace)
		case person.Passport:
			add("person.passport_number", passportNumber(q), passportNumber(k))
			add("person.issued_on", day(q.PassportIssuedOn), day(k.PassportIssuedOn))
			add("person.issued_by", q.PassportIssuedBy, k.PassportIssuedBy)
			add("person.division", ident.FormatDivisionCode(q.DivisionCode), ident.FormatDivisionCode(k.DivisionCode))
		case person.Numbers:
			add("person.snils", ident.FormatSNILS(q.SNILS), ident.FormatSNILS(k.SNILS))
			add("person.inn", q.INN, k.INN)
		case person.Home:
			add("person.address", q.Address, k.Address)
			add("person.address_actual", q.ActualAddress, k.ActualAddress)
		}
	}
	return all
}

func factColumns() []ui.Column {
	return []ui.Column{{Title: i18n.K("proofing.desk_datum")}, {Title: i18n.K("proofing.desk_claimed")}, {Title: i18n.K("proofing.desk_known")}}
}

// day shows 1991-03-14 as 14.03.1991.
func day(canonical string) string {
	t, err := time.Parse(time.DateOnly, canonical)
	if err != nil {
		return canonical
	}
	return t.Format("02.01.2006")
}

func passportNumber(p person.Person) string {
	if p.PassportNumber == "" {
		return ""
	}
	return ident.FormatPassport(p.PassportSeries, p.PassportNumber)
}

// answers tell what each register said.
func (p deskCase) answers(ctx context.Context) (all []ui.Pair) {
	for _, name := range Registers {
		text := i18n.T(ctx, "proofing.desk_silent")
		if c, ok := p.Case.Answers[name]; ok {
			text = verdictText(ctx, name, c)
		}
		all = append(all, ui.Pair{Label: i18n.K("proofing.register_" + name), Value: text})
	}
	return all
}

func verdictText(ctx context.Context, name string, c register.Check) string {
	text := i18n.T(ctx, "proofing.verdict_"+string(c.Verdict))
	fields := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		fields[i] = fieldText(f).In(ctx)
	}
	if len(fields) > 0 {
		text += ": " + strings.Join(fields, ", ")
	}
	if name == Tax && c.INN != "" {
		text += ": " + c.INN
	}
	return text
}

func (c Card) pairs(ctx context.Context) []ui.Pair {
	return []ui.Pair{
		{Label: i18n.K("person.fio"), Value: c.Known.FullName()},
		{Label: i18n.K("person.number"), Value: c.Account.Number, Num: true},
		{Label: i18n.K("proofing.desk_level"), Value: i18n.T(ctx, c.Account.Level.Text())},
		{Label: i18n.K("proofing.desk_created"), Value: i18n.DateFull(ctx, c.Account.Created)},
		{Label: i18n.K("person.phone"), Value: i18n.MaskPhone(c.Phone), Num: true},
		{Label: i18n.K("person.email"), Value: i18n.MaskEmail(c.Email)},
	}
}

// searchForm finds a person by an identifier of one kind.
type searchForm struct{ Kind, Value, Cause web.Field }

var searchKinds = []account.Kind{account.Phone, account.Email, account.SNILS, account.INN, account.Number}

func newSearchForm() searchForm {
	return searchForm{
		Kind: web.Field{Name: "kind", Label: i18n.K("proofing.search_kind"), Value: string(account.Phone)},
		Value: web.Field{Name: "value", Label: i18n.K("proofing.search_value"), Hint: i18n.K("proofing.search_value_hint"),
			Missing: i18n.K("proofing.search_missing")},
		Cause: web.Field{Name: "cause", Label: i18n.K("proofing.search_cause"), Missing: i18n.K("proofing.reason_missing"), Check: func(v string) i18n.Text {
			if !slices.Contains(causes, v) {
				return i18n.K("proofing.reason_missing")
			}
			return i18n.Text{}
		}},
	}
}

func (f *searchForm) fields() []*web.Field { return []*web.Field{&f.Kind, &f.Value, &f.Cause} }

// read returns the identifier that was typed.
func (f *searchForm) read(r *http.Request) (account.Login, bool) {
	ok := web.Read(r, f.fields()...)
	l, good := ParseIdentifier(account.Kind(f.Kind.Value), f.Value.Value)
	if !good && f.Value.Error.IsZero() {
		f.Value.Error = i18n.K("proofing.search_wrong")
	}
	return l, ok && good
}

func kindOptions() (all []ui.Option) {
	for _, k := range searchKinds {
		all = append(all, ui.Option{Value: string(k), Text: i18n.K("proofing.search_" + string(k))})
	}
	return all
}

func causeOptions() []ui.Option {
	all := []ui.Option{{Text: i18n.K("proofing.desk_reason_choose")}}
	for _, c := range causes {
		all = append(all, ui.Option{Value: c, Text: i18n.K("proofing.cause_" + c)})
	}
	return all
}

// deskSearch is the page of the search.
type deskSearch struct {
	Nav   []ui.Link
	Form  searchForm
	Found *Card
	Said  i18n.Text
}

// href leads to a request that a verifier has or had to decide, "" for others.
func (p deskSearch) href(r Request) string {
	if r.State == Review || r.State == Refused {
		return casePath(r.ID)
	}
	return ""
}
