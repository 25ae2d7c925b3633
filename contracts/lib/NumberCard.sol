// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title The metadata of a number: JSON with an SVG card, both on chain
/// @dev Nothing here is escaped, because a number is digits and a name is a-z, 0-9, - and a dot.
library NumberCard {
    /// @dev Gives the data URI of the JSON, the card inside it.
    /// @param number The number.
    /// @param name Its name with .eth, or empty.
    /// @param epoch How often it has changed hands.
    function uri(uint256 number, string memory name, uint256 epoch) internal pure returns (string memory) {
        string memory digits = Strings.toString(number);
        bytes memory json = abi.encodePacked(
            '{"name":"',
            digits,
            '","description":"A telephone number of telsdk. Call it by sip:',
            digits,
            '@telprotocol","image":"data:image/svg+xml;base64,',
            Base64.encode(_svg(digits, name)),
            '","attributes":[{"trait_type":"Digits","value":',
            Strings.toString(bytes(digits).length),
            '},{"trait_type":"Epoch","value":',
            Strings.toString(epoch),
            '},{"trait_type":"Name","value":"',
            name,
            '"}]}'
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    function _svg(string memory digits, string memory name) private pure returns (bytes memory) {
        return abi.encodePacked(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 300" width="480" height="300">'
            '<rect width="480" height="300" rx="24" fill="#12263a"/>'
            '<rect x="28" y="32" width="52" height="40" rx="8" fill="#f4d35e"/>'
            '<g font-family="ui-monospace,Menlo,Consolas,monospace" fill="#f4f4f2">'
            '<text x="452" y="60" font-size="20" text-anchor="end" opacity=".7">telsdk</text>'
            '<text x="28" y="172" font-size="44" textLength="',
            // The card is as wide as 15 digits of 28 each.
            Strings.toString(bytes(digits).length * 28),
            '">',
            digits,
            '</text><text x="28" y="256" font-size="20" opacity=".85">',
            name,
            "</text></g></svg>"
        );
    }
}
