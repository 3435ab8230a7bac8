// Asks for an address by Go's own client, and prints how it failed, in the words that a server passes on.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

func ask(url string, limit time.Duration) error {
	client := http.Client{Timeout: limit}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 400 {
		return fmt.Errorf("unexpected status: %s", answer.Status)
	}
	_, err = io.ReadAll(answer.Body)
	return err
}

func main() {
	limit, _ := strconv.Atoi(os.Args[2])
	if err := ask(os.Args[1], time.Duration(limit)*time.Millisecond); err != nil {
		fmt.Printf("failed to search: %v\n", err)
	}
}
