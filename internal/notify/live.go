package notify

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"

	"kabinet/internal/platform/i18n"
)

// queued is how many notices may wait to be shown on open pages. Those over it
// are not shown: pages ask anew when they are opened.
const queued = 1024

// Follow tells the open pages of this process what happens to notices, until
// ctx ends. Each page gets the event "unread" with the number of unread
// notices, and for a new one the event "notice" with a JSON object: id, link,
// and the title in both languages. Events are sent after the commit only.
func (s *Service) Follow(ctx context.Context) {
	if s.opt.Hub == nil {
		return
	}
	waiting := make(chan string, queued)
	cancel := s.db.Subscribe(signal, func(payload string) { //nolint:contextcheck // cancel ends it
		account, _, _ := strings.Cut(payload, " ")
		if !s.opt.Hub.Listening(account) {
			return
		}
		select {
		case waiting <- payload:
		default:
		}
	})
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case payload := <-waiting:
			account, notice, _ := strings.Cut(payload, " ")
			if err := s.tell(ctx, account, notice); err != nil && ctx.Err() == nil {
				slog.WarnContext(ctx, "telling open pages of a notice failed", "notice", notice, "err", err)
			}
		}
	}
}

// event is the data of the event "notice".
type event struct {
	ID    string     `json:"id"`
	Link  string     `json:"link"`
	Title i18n.Words `json:"title"`
}

// tell sends the events to the account's pages of this process: every process
// hears of every notice, so none passes them on.
func (s *Service) tell(ctx context.Context, account, notice string) error {
	n, err := s.Unread(ctx, account)
	if err != nil {
		return err
	}
	s.opt.Hub.Deliver(account, "unread", strconv.Itoa(n))
	if notice == "" {
		return nil
	}
	item, err := s.Notice(ctx, account, notice)
	if err != nil {
		return err
	}
	data, err := json.Marshal(event{ID: item.ID, Link: openPath(item.ID),
		Title: i18n.Words{RU: item.Title(s.reader(ctx, i18n.RU)), EN: item.Title(s.reader(ctx, i18n.EN))}})
	if err != nil {
		return err
	}
	s.opt.Hub.Deliver(account, "notice", string(data))
	return nil
}
