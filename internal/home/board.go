package home

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kabinet/internal/application"
	"kabinet/internal/catalogue"
	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
)

// How much of each thing the page reads and shows.
const (
	applicationsRead = 20 // the newest; what waits for the person is among them or in the list
	blockSize        = 4
)

// board is the page of a person who is signed in.
type board struct {
	today        time.Time
	start        *first // step to do; nil: not shown
	attention    []todo
	applications []application.Listed
	open         int // of those read, how many are not ended
	soon         []application.Listed
	services     []catalogue.Card
	messages     []notify.Item
	documents    []document.File
}

// todo is a thing that waits for the person.
type todo struct {
	title, text i18n.Text
	icon        string
	href        string
	action      i18n.Text
	urgent      bool
}

func (s *Service) board(ctx context.Context, acc string) (board, error) {
	b := board{today: s.Now().In(s.Location)}
	all, err := s.Applications.Latest(ctx, acc, applicationsRead)
	if err != nil {
		return b, err
	}
	for _, a := range all {
		if a.Status.Final() {
			continue
		}
		b.open++
		if a.Status == application.Clarify && a.Ask != nil {
			b.attention = append(b.attention, todo{
				title: i18n.K("home.answer_title", "service", a.Title), text: i18n.K("home.answer_text", "date", i18n.Date(ctx, a.Ask.Until.At(s.Location))),
				icon: "alert", href: "/applications/" + a.ID, action: i18n.K("home.answer"), urgent: true,
			})
		} else if !a.Due.IsZero() {
			b.soon = append(b.soon, a)
		}
	}
	b.applications = all[:min(len(all), blockSize)]
	slices.SortStableFunc(b.soon, func(x, y application.Listed) int { return x.Due.Compare(y.Due) })
	b.soon = b.soon[:min(len(b.soon), blockSize)]
	return b, s.fill(ctx, acc, &b)
}

// fill reads what the page shows beside applications.
func (s *Service) fill(ctx context.Context, acc string, b *board) error {
	services, err := s.Catalogue.Catalogue(ctx)
	if err != nil {
		return err
	}
	drafts, err := s.Forms.Drafts(ctx, acc, "", blockSize)
	if err != nil {
		return fmt.Errorf("reading drafts: %w", err)
	}
	for _, d := range drafts.Drafts {
		if card, ok := services.Card(d.Form); ok {
			b.attention = append(b.attention, draftTodo(ctx, d, card))
		}
	}
	if b.start, err = s.nextStep(ctx, acc); err != nil {
		return err
	}
	b.services = services.Popular(blockSize)
	if b.messages, err = s.Notices.Latest(ctx, acc, blockSize); err != nil {
		return fmt.Errorf("reading notices: %w", err)
	}
	if b.documents, err = s.Documents.Latest(ctx, acc, blockSize); err != nil {
		return fmt.Errorf("reading documents: %w", err)
	}
	return nil
}

func draftTodo(ctx context.Context, d eform.Draft, card catalogue.Card) todo {
	return todo{
		title: i18n.K("home.draft_title", "service", card.Title), text: i18n.K("home.draft_text", "when", i18n.When(ctx, d.Updated)),
		icon: "file-pen", href: "/services/" + card.Code + "/apply", action: i18n.K("home.continue"),
	}
}
