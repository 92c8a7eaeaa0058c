// Creates a token, then lists the tokens that work. Standard library only.
// The environment holds TOLLGATE_URL, TOLLGATE_ACCESS_KEY and TOLLGATE_SECRET_KEY.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

var client = http.Client{Timeout: 10 * time.Second}

// request sends one signed request; uri is the path with its query.
func request(method, uri string, payload any) []byte {
	var body []byte
	if payload != nil {
		// Serialised once: what is signed and what is sent are the same bytes.
		body, _ = json.Marshal(payload)
	}
	req, err := http.NewRequest(method, os.Getenv("TOLLGATE_URL")+uri, bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	// With nanoseconds, since a signature that changes something is accepted once.
	date := time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z")
	mac := hmac.New(sha256.New, []byte(os.Getenv("TOLLGATE_SECRET_KEY")))
	// RequestURI is what Go puts on the wire.
	fmt.Fprintf(mac, "%s\n%s\n%s\n%s", method, req.URL.RequestURI(), date, body)
	signature := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	req.Header.Set("Authorization", "QINIU "+os.Getenv("TOLLGATE_ACCESS_KEY")+":"+signature)
	req.Header.Set("X-Qiniu-Date", date)
	req.Header.Set("Content-Type", "application/json")

	res, err := client.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		log.Fatalf("%s %s %v", res.Status, answer, err)
	}
	return answer
}

func main() {
	created := request("POST", "/api/v2/tokens", map[string]any{
		"description":        "made by sign.go ✓",
		"scope":              []string{"storage:read"},
		"expires_in_seconds": 3600,
	})
	fmt.Printf("%s\n", created)
	fmt.Printf("%s\n", request("GET", "/api/v2/tokens?active_only=true&limit=10", nil))
}
