// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

/**
 * Why a request is not answered.
 *
 * @param status of HTTP, 400 to 599
 * @param line   for people: what is wrong and what to do
 */
record Refusal(int status, String line) {
}
