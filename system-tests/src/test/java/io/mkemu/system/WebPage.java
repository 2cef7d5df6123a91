// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A page of mk web: a tab of a browser without a window, which all pages have in common. For one thread. */
final class WebPage implements AutoCloseable {
    private static final String OF_ANOTHER_VERSION = "org.openqa.selenium.devtools.CdpVersionFinder";
    /* A name of a logger holds only as long as somebody holds the logger. */
    private static final Logger TALK = Logger.getLogger(OF_ANOTHER_VERSION);
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 1000;
    private static final int NARROW = 600;

    private static ChromeDriver browser;

    private final String before;
    private int width;

    WebPage(int width) {
        if (browser == null) {
            browser = start();
        }
        before = browser.getWindowHandle();
        browser.switchTo().newWindow(WindowType.TAB);
        complaints();
        width(width);
    }

    private static ChromeDriver start() {
        TALK.setLevel(Level.SEVERE);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(BrowserCondition.browser().toFile());
        /* As root, as in a container, Chromium's sandbox cannot be made; only our own page is opened. */
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
            "--hide-scrollbars", "--window-size=" + WIDTH + "," + HEIGHT);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        return new ChromeDriver(new ChromeDriverService.Builder()
            .usingDriverExecutable(BrowserCondition.driver().toFile()).build(), options);
    }

    /** Ends the browser. */
    static void end() {
        if (browser != null) {
            browser.quit();
            browser = null;
        }
    }

    /** Makes the window that wide. */
    void width(int wanted) {
        width = wanted;
        size(HEIGHT);
    }

    private void size(int height) {
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride", Map.of("width", width, "height", height,
            "deviceScaleFactor", 1, "mobile", width < NARROW));
    }

    void dark(boolean dark) {
        browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features",
            List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    void open(String address) {
        browser.get(address);
    }

    String address() {
        return browser.getCurrentUrl();
    }

    List<WebElement> all(String selector) {
        return browser.findElements(By.cssSelector(selector));
    }

    /** What a script returns. */
    Object run(String script, Object... arguments) {
        return browser.executeScript(script, arguments);
    }

    /** The texts of elements, read at one moment. */
    List<?> texts(String selector) {
        return (List<?>) run("return [...document.querySelectorAll(arguments[0])].map(one => one.textContent)",
            selector);
    }

    /** Waits until the text of the only element, or of all together, holds something. */
    void awaitText(String selector, String part) {
        Await.until(() -> String.join("\n", texts(selector).toArray(String[]::new)).contains(part),
            () -> part + " in " + selector + ", which says " + texts(selector));
    }

    /** Waits until an element can be clicked, and clicks it. */
    void click(String selector) {
        Await.until(() -> Boolean.TRUE.equals(run("const one = document.querySelector(arguments[0]); "
            + "if (!one || one.disabled) return false; one.click(); return true", selector)),
            () -> selector + " to click, of " + texts("button"));
    }

    /** Asserts that the browser had nothing to complain of: no error, no refused script, no missing file. */
    void assertNoComplaint() {
        assertEquals(List.of(), complaints());
    }

    /* Of all pages: each is told once. */
    private static List<LogEntry> complaints() {
        return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
            .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue()).toList();
    }

    /** Writes a picture of the whole page. */
    void picture(Path file) throws IOException {
        size(Math.toIntExact((Long) run("return document.documentElement.scrollHeight")));
        String png = (String) browser.executeCdpCommand("Page.captureScreenshot", Map.of("format", "png")).get("data");
        Files.createDirectories(file.getParent());
        SmallPng.write(Base64.getDecoder().decode(png), file);
        size(HEIGHT);
    }

    @Override
    public void close() {
        browser.close();
        browser.switchTo().window(before);
    }
}
